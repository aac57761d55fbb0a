"""A machine's evidence as the settings want it, and what tests may know of
it.  Nothing here is touched while the setting "evidence" is "none".
"""
import functools

from faults import expect, misbehave

# Settings, each a value for all machines or {"I": value} for machine I,
# "*" for the others.
SETTINGS = {
    "evidence": "none", "gpus": 8, "gpu_arch": "HOPPER",
    "gpu_json_arch": "HOPPER", "gpu_driver": None, "gpu_vbios": None,
    "gpu_features": "spt", "gpu_records": "unversioned",
    "report_data": "nonce", "quote_version": 4,
    "td_body": "1.5", "quote_trailing": 70, "snp_version": 3,
    "snp_product": "Milan", "snp_signer": "vcek", "snp_certs": False,
    "collateral_early": "same", "collateral_life": None, "hardware": None, "gpu_hardware": None,
}
CHOICES = {
    "evidence": ("none", "tdx", "snp"), "gpus": range(0, 18),
    "gpu_arch": ("HOPPER", "BLACKWELL"),
    "gpu_features": ("spt", "mpt", "ppcie"),
    "gpu_records": ("unversioned", "versioned"),
    "report_data": ("nonce", "address-nonce"), "quote_version": (4, 5),
    "td_body": ("1.0", "1.5"), "quote_trailing": range(0, 65537),
    "snp_version": (2, 3, 5), "snp_product": ("Milan", "Genoa", "Turin"),
    "snp_signer": ("vcek", "vlek"), "snp_certs": (False, True),
    "collateral_early": ("same", "next", "short", "forged", "down",
                         "slow"),
}


def check(name, value):
    """ValueError where a setting cannot be."""
    values = value.values() if isinstance(value, dict) else [value]
    for one in values:
        if name in CHOICES and one not in CHOICES[name]:
            raise ValueError(f"{name} cannot be {one!r}")


def setting(settings, name, number):
    value = settings[name]
    if isinstance(value, dict):
        return value.get(str(number), value.get("*", SETTINGS[name]))
    return value


@functools.lru_cache(maxsize=None)
def platform(number):
    from evidence import tdx
    return tdx.Platform(number)


def report_data(layout, nonce, address):
    if layout == "address-nonce":
        return address + bytes(12) + nonce
    return nonce + bytes(32)


def _quote(get, number, data):
    from evidence import tdx
    return tdx.Quote(platform(number), data, get("quote_version"),
                     get("td_body"), bytes(get("quote_trailing")))


def _report(get, number, data):
    from evidence import snp
    return snp.Report(number, data, get("snp_version"),
                      get("snp_product"), get("snp_signer"),
                      get("snp_certs"))


def _gpus(get, number, nonce):
    from evidence import gpu
    if get("gpu_hardware") is not None:
        number = get("gpu_hardware")
    group = gpu.Group(number, nonce, get("gpus"), get("gpu_arch"),
                      driver=get("gpu_driver"), vbios=get("gpu_vbios"),
                      features=get("gpu_features"),
                      records=get("gpu_records"))
    group.arch = get("gpu_json_arch")
    return group


def made(settings, machine, nonce):
    """Evidence in the making, with every part that the settings want."""
    number = machine.number

    def get(name):
        return setting(settings, name, machine.number)

    address = bytes.fromhex(machine.address[2:])
    out = expect.Made(number, nonce, address)
    kind = get("evidence")
    if kind == "none":
        return out
    if get("hardware") is not None:
        number = get("hardware")
    data = report_data(get("report_data"), nonce, address)
    if kind == "tdx":
        out.tdx = _quote(get, number, data)
    else:
        out.snp = _report(get, number, data)
    if get("gpus"):
        out.gpu = _gpus(get, number, nonce)
    return out


def evidence(settings, machine, nonce, plan):
    """(cpu.quote, gpu): the machine's own answer, or made evidence."""
    quote, gpu = machine.evidence(nonce)
    out = made(settings, machine, nonce)
    misbehave.run("attest", plan, "evidence", out)
    cpu = out.tdx or out.snp
    if cpu is not None and machine.cpu_quote is None:
        quote = cpu.build().hex()
    if out.gpu is not None and machine.gpu is None:
        gpu = out.gpu.build()
    return quote, gpu


def about(settings, count):
    """For GET /_sim/evidence: what a policy may name."""
    from evidence import gpu, snp, tdx
    machines = []
    for number in range(count):
        product = setting(settings, "snp_product", number)
        leaf = platform(number).leaf
        machines.append({
            "number": number,
            "evidence": setting(settings, "evidence", number),
            "chip_id": snp.chip_id(product, number).hex(),
            "pck_serial": f"{leaf.serial:040x}"})
    return {
        "tdx": {n: m.hex() for n, m in tdx.MEASUREMENTS.items()},
        "fmspc": tdx.FMSPC.hex(),
        "sev_snp": {"measurement": snp.MEASUREMENT.hex(),
                    "host_data": bytes(32).hex(), "tcb": snp.TCB},
        "gpu": {arch: {"driver": gpu.DRIVER[arch],
                       "vbios": gpu.VBIOS[arch]}
                for arch in ("HOPPER", "BLACKWELL")},
        "machines": machines}
