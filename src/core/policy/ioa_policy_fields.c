/*
 * ioa_policy_fields: see ioa_policy_fields.h.
 */

#include "policy/ioa_policy_fields.h"

#define IOA_POLICY_VMPL_MAX  3
#define IOA_POLICY_SVN_MAX   255
#define IOA_POLICY_EVALUATION_MAX  65535
#define IOA_POLICY_NONE      (-1)

#define IOA_POLICY_AT(member)  offsetof(ioa_policy_file_t, member)

#define IOA_POLICY_REG(name, reg)                                             \
    { IOA_POLICY_IN_TDX, name, IOA_POLICY_HEX, IOA_POLICY_AT(tdx_regs[reg]),  \
      0, IOA_POLICY_REG_LEN, 0 }

#define IOA_POLICY_SVN(section, product, name, svn)                           \
    { section, name, IOA_POLICY_NUMBER,                                       \
      IOA_POLICY_AT(min_tcb[product][svn]), 0, IOA_POLICY_SVN_MAX, 0 }

#define IOA_POLICY_SVNS(section, product)                                     \
    IOA_POLICY_SVN(section, product, "bootloader", IOA_POLICY_BOOTLOADER),    \
    IOA_POLICY_SVN(section, product, "tee", IOA_POLICY_TEE),                  \
    IOA_POLICY_SVN(section, product, "snp", IOA_POLICY_SNP),                  \
    IOA_POLICY_SVN(section, product, "microcode", IOA_POLICY_MICROCODE)

#define IOA_POLICY_BITS(section, member, kind)                                \
    { section, "require", kind, IOA_POLICY_AT(member.require), 0, 0, 0 },     \
    { section, "refuse", kind, IOA_POLICY_AT(member.refuse), 0, 0, 0 }

const ioa_policy_place_t  ioa_policy_places[IOA_POLICY_SECTIONS] = {
    [IOA_POLICY_IN_FILE] = { IOA_POLICY_IN_FILE, NULL, "", NULL },
    [IOA_POLICY_IN_TDX] = { IOA_POLICY_IN_FILE, "tdx", "tdx.", NULL },
    [IOA_POLICY_IN_SNP] = { IOA_POLICY_IN_FILE, "sev_snp", "sev_snp.", NULL },
    [IOA_POLICY_IN_MIN_TCB] = { IOA_POLICY_IN_SNP, "min_tcb",
        "sev_snp.min_tcb.", "each product has versions of its own, write "
        "\"min_tcb\": {\"Genoa\": {\"snp\": 22}}, and so for Milan and "
        "Turin" },
    [IOA_POLICY_IN_MILAN] = { IOA_POLICY_IN_MIN_TCB, "Milan",
        "sev_snp.min_tcb.Milan.", NULL },
    [IOA_POLICY_IN_GENOA] = { IOA_POLICY_IN_MIN_TCB, "Genoa",
        "sev_snp.min_tcb.Genoa.", NULL },
    [IOA_POLICY_IN_TURIN] = { IOA_POLICY_IN_MIN_TCB, "Turin",
        "sev_snp.min_tcb.Turin.", NULL },
    [IOA_POLICY_IN_PLATFORM] = { IOA_POLICY_IN_SNP, "platform_info",
        "sev_snp.platform_info.", NULL },
    [IOA_POLICY_IN_GUEST] = { IOA_POLICY_IN_SNP, "policy",
        "sev_snp.policy.", NULL },
    [IOA_POLICY_IN_GPU] = { IOA_POLICY_IN_FILE, "gpu", "gpu.", NULL }
};

static const ioa_policy_field_t  ioa_policy_fields[] = {
    { IOA_POLICY_IN_FILE, "image_digests", IOA_POLICY_DIGEST,
      IOA_POLICY_AT(image_digests), 0, 0, 0 },

    IOA_POLICY_REG("mr_td", IOA_POLICY_MR_TD),
    IOA_POLICY_REG("mr_seam", IOA_POLICY_MR_SEAM),
    IOA_POLICY_REG("mr_config_id", IOA_POLICY_MR_CONFIG_ID),
    IOA_POLICY_REG("rtmr0", IOA_POLICY_RTMR0),
    IOA_POLICY_REG("rtmr1", IOA_POLICY_RTMR1),
    IOA_POLICY_REG("rtmr2", IOA_POLICY_RTMR2),
    IOA_POLICY_REG("rtmr3", IOA_POLICY_RTMR3),
    { IOA_POLICY_IN_TDX, "tcb_status", IOA_POLICY_STATUS,
      IOA_POLICY_AT(tcb_status), 0, 0, 0 },
    { IOA_POLICY_IN_TDX, "tcb_grace", IOA_POLICY_TIME,
      IOA_POLICY_AT(tcb_grace), 0, IOA_POLICY_GRACE_MAX, 0 },
    { IOA_POLICY_IN_TDX, "advisories_allowed", IOA_POLICY_ADVISORY,
      IOA_POLICY_AT(advisories_allowed), 0, 0, 0 },
    { IOA_POLICY_IN_TDX, "sept_ve_disable", IOA_POLICY_BOOL,
      IOA_POLICY_AT(sept_ve_disable), 0, 1, 1 },
    { IOA_POLICY_IN_TDX, "ppid", IOA_POLICY_HEX, IOA_POLICY_AT(ppid), 0,
      IOA_POLICY_PPID_LEN, 0 },
    { IOA_POLICY_IN_TDX, "fmspc", IOA_POLICY_HEX, IOA_POLICY_AT(fmspc), 0,
      IOA_POLICY_FMSPC_LEN, 0 },
    { IOA_POLICY_IN_TDX, "min_evaluation", IOA_POLICY_NUMBER,
      IOA_POLICY_AT(min_evaluation), 1, IOA_POLICY_EVALUATION_MAX,
      IOA_POLICY_NONE },

    { IOA_POLICY_IN_SNP, "measurement", IOA_POLICY_HEX,
      IOA_POLICY_AT(measurement), 0, IOA_POLICY_REG_LEN, 0 },
    { IOA_POLICY_IN_SNP, "host_data", IOA_POLICY_HEX,
      IOA_POLICY_AT(host_data), 0, IOA_POLICY_HOST_LEN, 0 },
    { IOA_POLICY_IN_SNP, "vmpl", IOA_POLICY_NUMBER, IOA_POLICY_AT(vmpl), 0,
      IOA_POLICY_VMPL_MAX, IOA_POLICY_NONE },
    { IOA_POLICY_IN_SNP, "products", IOA_POLICY_PRODUCT,
      IOA_POLICY_AT(products), 0, 0, 0 },
    { IOA_POLICY_IN_SNP, "chip_id", IOA_POLICY_HEX, IOA_POLICY_AT(chip_id),
      0, IOA_POLICY_CHIP_LEN, 0 },
    { IOA_POLICY_IN_SNP, "provisional", IOA_POLICY_BOOL,
      IOA_POLICY_AT(provisional), 0, 1, 1 },
    IOA_POLICY_SVNS(IOA_POLICY_IN_MILAN, IOA_POLICY_MILAN),
    IOA_POLICY_SVNS(IOA_POLICY_IN_GENOA, IOA_POLICY_GENOA),
    IOA_POLICY_SVN(IOA_POLICY_IN_TURIN, IOA_POLICY_TURIN, "fmc",
                   IOA_POLICY_FMC),
    IOA_POLICY_SVNS(IOA_POLICY_IN_TURIN, IOA_POLICY_TURIN),
    IOA_POLICY_BITS(IOA_POLICY_IN_PLATFORM, platform_info,
                    IOA_POLICY_PLATFORM_BIT),
    IOA_POLICY_BITS(IOA_POLICY_IN_GUEST, guest_policy, IOA_POLICY_GUEST_BIT),

    { IOA_POLICY_IN_GPU, "arch", IOA_POLICY_ARCH, IOA_POLICY_AT(arch), 0, 0,
      0 },
    { IOA_POLICY_IN_GPU, "modes", IOA_POLICY_MODE, IOA_POLICY_AT(modes), 0, 0,
      0 },
    { IOA_POLICY_IN_GPU, "driver_versions", IOA_POLICY_VERSION,
      IOA_POLICY_AT(driver_versions), 0, 0, 0 },
    { IOA_POLICY_IN_GPU, "vbios_versions", IOA_POLICY_VERSION,
      IOA_POLICY_AT(vbios_versions), 0, 0, 0 },
    { IOA_POLICY_IN_GPU, "count", IOA_POLICY_NUMBER, IOA_POLICY_AT(count), 1,
      IOA_POLICY_GPUS_MAX, IOA_POLICY_NONE },
    { IOA_POLICY_IN_GPU, "reference_expired", IOA_POLICY_TIME,
      IOA_POLICY_AT(reference_expired), 0, IOA_POLICY_GRACE_MAX,
      IOA_POLICY_EXPIRED },
    { IOA_POLICY_IN_GPU, "ueid", IOA_POLICY_UEID, IOA_POLICY_AT(ueid),
      IOA_POLICY_UEIDS_MAX, 0, 0 }
};

#define IOA_POLICY_FIELDS                                                     \
    (sizeof(ioa_policy_fields) / sizeof(ioa_policy_fields[0]))


const ioa_policy_field_t *
ioa_policy_field(size_t i)
{
    return i < IOA_POLICY_FIELDS ? &ioa_policy_fields[i] : NULL;
}


const ioa_policy_list_t *
ioa_policy_field_list(const ioa_policy_file_t *policy,
    const ioa_policy_field_t *field)
{
    return (const ioa_policy_list_t *) (const void *)
               ((const char *) policy + field->offset);
}


int64_t
ioa_policy_field_value(const ioa_policy_file_t *policy,
    const ioa_policy_field_t *field)
{
    const ioa_policy_number_t  *number;

    number = (const ioa_policy_number_t *) (const void *)
                 ((const char *) policy + field->offset);

    return number->given ? number->value : field->normal;
}
