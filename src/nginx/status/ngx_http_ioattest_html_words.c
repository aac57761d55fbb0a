
/*
 * The end of the page: what its words mean.
 */


#include "status/ngx_http_ioattest_html.h"


static const struct {
    const char  *word;
    const char  *means;
} ngx_http_ioattest_html_words_list[] = {
    { "Machine",
      "a server of the API's, told by the address that signs its answers; it "
      "is trusted until its attestation expires." },
    { "Draw",
      "one attestation: the API picks the machine that answers it." },
    { "Not met: at most",
      "no larger share of the answers comes from machines that no draw has "
      "met, with a probability of 99.9 %; it falls with each draw that meets "
      "no new machine." },
    { "Census",
      "how the machines of a model are kept known. Search: draws go on until "
      "enough of them have met known machines only. Chase: a machine expires "
      "soon and is drawn for. Idle: neither is due. Behind: renewals come too "
      "late, ioattest_parallel is too low." },
    { "Key",
      "who vouches for the key that signs answers: the machine's evidence "
      "(bound by hardware), only the TLS connection to the API (by TLS "
      "alone), or nobody, where ioattest_ssl_verify is off (by nothing "
      "verified here)." },
    { "Pinned",
      "the policy names the software that the machine must run; else any "
      "genuine machine will do." },
    { "Refused machine",
      "evidence that was refused claims this address, which proves nothing "
      "of the machine that has it." },
    { "Dry run",
      "what would be refused is passed on and counted." }
};


void
ngx_http_ioattest_html_words(ngx_http_ioattest_text_t *text)
{
    ngx_uint_t  i;

    ngx_http_ioattest_text_add(text, "<section class=\"all\">\n"
                               "<h3>Words</h3>\n<ul class=\"words\">\n");

    for (i = 0;
         i < sizeof(ngx_http_ioattest_html_words_list)
             / sizeof(ngx_http_ioattest_html_words_list[0]);
         i++)
    {
        ngx_http_ioattest_text_add(text, "<li><b>%s</b>: %s</li>\n",
                                   ngx_http_ioattest_html_words_list[i].word,
                                   ngx_http_ioattest_html_words_list[i].means);
    }

    ngx_http_ioattest_text_add(text, "</ul>\n</section>\n");
}
