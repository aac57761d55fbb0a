package IoattestChecks;

# Which check a fault of the simulator breaks, by the names of doc/checks.md:
#
#   IoattestChecks::meant($name, IoattestSim::expect()->{$name})

use strict;
use warnings;

# By kind and by what the simulator's own verifier calls the check.
my %meant = (
    tdx => {
        body => 'tdx.layout', cert_type => 'tdx.layout',
        chain => 'tdx.pck_chain', debug => 'tdx.debug',
        format => 'tdx.layout', key_type => 'tdx.layout',
        level => 'tdx.tcb.platform', module_status => 'tdx.tcb_status',
        pck_extension => 'tdx.pck_certificate', qe_data => 'tdx.qe_report_data',
        qe_identity => 'tdx.tcb.qe', qe_signature => 'tdx.qe_report_signature',
        qe_status => 'tdx.tcb_status', report_data => 'cpu.report_data',
        reserved => 'tdx.td_attributes', seam => 'tdx.seam_module',
        sept_ve => 'tdx.sept_ve_disable', servicetd => 'tdx.service_td',
        signature => 'tdx.signature', status => 'tdx.tcb_status',
        tee_type => 'cpu.kind', vendor => 'tdx.layout',
        version => 'tdx.layout',
    },
    snp => {
        algorithm => 'sev_snp.layout', chain => 'sev_snp.chain',
        committed => 'sev_snp.committed_tcb', debug => 'sev_snp.debug',
        format => 'sev_snp.layout', hwid => 'sev_snp.certificate_chip_id',
        launch => 'sev_snp.launch_tcb', migration => 'sev_snp.migration',
        min_tcb => 'sev_snp.min_tcb.snp',
        product => 'sev_snp.certificate_names',
        report_data => 'cpu.report_data', reserved => 'sev_snp.layout',
        signature => 'sev_snp.signature', signature_form => 'sev_snp.layout',
        signer => 'sev_snp.certificate_names', tcb => 'sev_snp.certificate_tcb',
        version => 'cpu.kind', vmpl => 'sev_snp.vmpl',
        vmpl_range => 'sev_snp.vmpl_range',
    },
    kds => {
        chain => 'sev_snp.chain', crl_date => 'sev_snp.chain',
        crl_signature => 'sev_snp.chain',
        hwid => 'sev_snp.certificate_chip_id', revoked => 'sev_snp.chain',
        signature => 'sev_snp.signature', tcb => 'sev_snp.certificate_tcb',
    },
    collateral => {
        crl_date => 'tdx.pck_chain', crl_form => 'tdx.crls',
        crl_signature => 'tdx.pck_chain', level => 'tdx.tcb.platform',
        module_status => 'tdx.tcb_status', qe_chain => 'tdx.qe_identity.chain',
        qe_form => 'tdx.qe_identity.levels', qe_json => 'tdx.qe_identity.form',
        qe_signature => 'tdx.qe_identity.signature',
        qe_status => 'tdx.tcb_status', revoked => 'tdx.pck_chain',
        status => 'tdx.tcb_status', tcb_chain => 'tdx.tcb_info.chain',
        tcb_fmspc => 'tdx.tcb.fmspc', tcb_form => 'tdx.tcb_info.levels',
        tcb_json => 'tdx.tcb_info.form',
        tcb_signature => 'tdx.tcb_info.signature',
    },
    nras => {
        alg => 'nras.form', count => 'nras.count', device => 'nras.claims',
        devices => 'nras.submods', digest => 'nras.digest',
        form => 'nras.form', issuer => 'nras.issuer', kid => 'nras.key',
        nonce => 'nras.nonce', overall => 'nras.result', sent => 'nras.ueid',
        signature => 'nras.signature', time => 'nras.dates',
        ueid => 'nras.distinct', version => 'nras.version',
    },
    jwks => { kid => 'nras.key', signature => 'nras.signature' },
    ocsp => {
        hold => 'gpu.hold', map { ($_ => 'gpu.0.revocation') }
        qw( cert_id dates form nonce revoked signature signer status unknown )
    },
    gpu => {
        alike => 'gpu.alike', arch => 'gpu.arch', chain => 'gpu.0.chain',
        count => 'gpu.count', driver => 'gpu.driver_versions',
        duplicate => 'gpu.distinct', format => 'gpu.0.layout',
        fwid => 'gpu.0.fwid', mode => 'gpu.0.mode', nonce => 'gpu.0.nonce',
        number => 'gpu.number', records => 'gpu.0.versions',
        shape => 'gpu.0.shape', signature => 'gpu.0.signature',
        switch => 'gpu.1.chip', switches => 'gpu.switches',
        vbios => 'gpu.vbios_versions',
    },
);

# Those of one name: what the simulator calls a chain, or a form, are several
# checks here.
my %named = (
    (map { ($_ => 'tdx.pck_certificate') }
        qw( tdx_pck_root tdx_signer_tcb )),
    (map { ($_ => 'tdx.tcb.qe') } qw( tdx_qe_svn_none qe_svn )),
    (map { ($_ => 'tdx.qe') }
        qw( tdx_qe_debug tdx_qe_mrsigner tdx_qe_prodid )),
    tdx_qe_attributes => 'tdx.tcb.qe_attributes',
    tdx_qe_miscselect => 'tdx.tcb.qe_miscselect',
    tdx_garbage => 'cpu.kind', tdx_module_unknown => 'tdx.tcb.module_identity',
    (map { ("tdx_$_" => "tdx.$_") } qw( mr_config_id mr_seam mr_td rtmr0 rtmr1
        rtmr2 rtmr3 )),

    (map { ($_ => 'sev_snp.certificate_names') }
        qw( snp_vcek_ark snp_vcek_asvk snp_vlek_ask snp_hwid_none
            snp_hwid_short )),
    snp_vcek_garbage => 'sev_snp.certificate',
    snp_host_data => 'sev_snp.host_data',
    snp_measurement => 'sev_snp.measurement',
    snp_signer_2 => 'sev_snp.layout', snp_signer_none => 'sev_snp.signing_key',
    (map { ($_ => 'sev_snp.certificate') }
        qw( kds_cut kds_garbage kds_trailing )),
    kds_crl_html => 'sev_snp.crl',

    (map { ($_ => 'gpu.0.certificates') }
        qw( gpu_below_leaf gpu_certificate_der gpu_chain_1 gpu_chain_4
            gpu_chain_6 gpu_chain_gap gpu_chain_pem gpu_leaf_ca )),
    (map { ($_ => 'gpu.base64') }
        qw( gpu_certificate_base64 gpu_certificate_missing gpu_chain_empty
            gpu_base64 gpu_empty_evidence gpu_evidence_missing
            gpu_evidence_number )),
    (map { ($_ => 'gpu.0.nvdec0') } qw( gpu_no_nvdec0 gpu_nvdec0 )),
    gpu_chip_next => 'gpu.0.chip', gpu_ppcie => 'gpu.modes',

    nras_object => 'nras.reply', nras_kid_missing => 'nras.form',
    nras_signature_der => 'nras.form',
    jwks_garbage => 'nras.key_set', jwks_wrong_point => 'nras.signature',

    crl_tcb_signing => 'tdx.tcb_info.chain',
    tcb_pceid => 'tdx.tcb.pce_id', tcb_type => 'tdx.tcb_info.platform',
    tcb_status_unknown => 'tdx.tcb_info.levels',
    tcb_version_newer => 'tdx.tcb_info.version',
    qe_version_newer => 'tdx.qe_identity.version',
    tcb_module_missing => 'tdx.tcb.module_identity',
    tcb_module_signer => 'tdx.tcb.module_signer',
    tcb_module_twice => 'tdx.tcb_info.modules',
    (map { ("qe_$_" => "tdx.tcb.qe_$_") }
        qw( attributes miscselect mrsigner )),
    qe_prodid => 'tdx.tcb.qe_isvprodid',
    map {
        my ($short, $long) = @$_;
        (map { ("${short}_$_" => "tdx.$long.form") }
            qw( bad_date signature_short )),
        (map { ("${short}_$_" => "tdx.$long.signer") }
            qw( below cn pck_signer )),
        "${short}_expired" => "tdx.$long.next_update",
        "${short}_future" => "tdx.$long.issue_date",
        (map { ("${short}_$_" => "tdx.$long.$_") }
            qw( evaluation id version )),
    } ['tcb', 'tcb_info'], ['qe', 'qe_identity'],
);

# The check that is meant, "" for a fault that changes nothing.
sub meant {
    my ($name, $entry) = @_;

    return '' if $entry->{breaks} eq '';
    return $named{$name} // $meant{$entry->{kind}}{$entry->{breaks}}
           // "a check for $entry->{kind}: $entry->{breaks}";
}


1;
