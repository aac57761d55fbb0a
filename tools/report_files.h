/*
 * report_files: endorsements from other services, saved in a directory.
 *
 *   tcb_info.json     Intel's PCS; with tcb_info_chain.pem
 *   qe_identity.json  the same; with qe_identity_chain.pem
 *   tcb_info_early.json, qe_identity_early.json, with their chains: what the
 *                     same service says to "update=early"
 *   pck_crl.der, root_crl.der
 *   vcek.der, amd_crl.der          AMD's KDS
 *   nras.json, jwks.json           NVIDIA's service
 *   ocsp_G_C.der      NVIDIA's OCSP responder, about certificate C (1 to 3,
 *                     the leaf is 0) of GPU G (from 0): not for one that
 *                     another GPU before it has
 *   collateral.json   Intel's, all in one (report_collateral.h), for those
 *                     that have no file of their own
 *
 * A chain is PEM, or the value of the service's header.  Instead of a file
 * that ends in .der there may be one of the same name that ends in .pem.
 */

#ifndef IOATTEST_REPORT_FILES_H
#define IOATTEST_REPORT_FILES_H

#include "attest/ioattest.h"

typedef struct {
    ioa_fetched_t  fetched[IOA_FETCH_MAX];
} ioattest_files_t;

/*
 * Reads the files that exist.  If path is a file, it is read as
 * collateral.json.
 *
 * Returns: 1; 0 after a complaint.
 * Out: files, to be given to ioattest_files_free whatever is returned.
 */
int ioattest_files_read(ioattest_files_t *files, const char *path)
    IOA_MUST_CHECK;
void ioattest_files_free(ioattest_files_t *files);

#define IOATTEST_FILES_NAME_MAX  64

/* The names of files, and the service that they come from. */
void ioattest_files_name(char name[IOATTEST_FILES_NAME_MAX],
    ioa_fetch_e what);
const char *ioattest_files_service(ioa_fetch_e what);

#endif
