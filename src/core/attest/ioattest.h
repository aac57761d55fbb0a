/*
 * ioattest: the library's public header.  The nginx module and the command
 * line tool include it and no other header of src/core; the functions that
 * they may call are listed in src/core/ioattest.sym, and the library exports
 * no others.
 *
 * The order is that in which a gateway uses them: a request is read, machines
 * are attested, a response is judged.  Nothing here reads a clock, a file or
 * a socket, logs, or keeps memory that is not handed to the caller.
 */

#ifndef IOATTEST_H
#define IOATTEST_H

/*
 * The version of the module, the library, the tool and the packages: the
 * first line of CHANGES is the same.
 */
#define IOA_VERSION  "0.2.0"

/* values and words that all share */
#include "base/ioa_bytes.h"
#include "base/ioa_cause.h"
#include "base/ioa_check.h"
#include "base/ioa_codec.h"
#include "base/ioa_image_digest.h"
#include "base/ioa_reader.h"
#include "base/ioa_sha256.h"
#include "base/ioa_status.h"
#include "base/ioa_time.h"
#include "base/ioa_utf8.h"
#include "crypto/ioa_address.h"

/* a request: its model, its hash */
#include "agent/ioa_defaults.h"
#include "agent/ioa_guess.h"
#include "agent/ioa_reqmodel.h"
#include "agent/ioa_request.h"

/* attestation: models, the question, the appraisal of the reply */
#include "attest/ioa_attest.h"
#include "attest/ioa_attest_request.h"
#include "attest/ioa_evidence.h"
#include "attest/ioa_models.h"
#include "attest/ioa_report.h"

/* a response: its head, and its judgement */
#include "agent/ioa_head.h"
#include "agent/ioa_response.h"
#include "agent/ioa_signature.h"

/* evidence to look at: what "ioattest inspect" prints */
#include "json/ioa_json.h"
#include "nvidia/ioa_gpu_cert.h"
#include "nvidia/ioa_spdm.h"
#include "snp/ioa_snp.h"
#include "snp/ioa_snp_cert.h"
#include "tdx/ioa_tdx.h"
#include "tdx/ioa_tdx_pck.h"
#include "tdx/ioa_verify_tdx.h"
#include "x509/ioa_chain.h"
#include "x509/ioa_ocsp.h"
#include "x509/ioa_pem.h"

#endif
