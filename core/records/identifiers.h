/* identifiers.h - DOI, PMID and PMCID inside what files have in their place. Each answers
 * a part of the value; {NULL, 0} or 0: there is none. */
#ifndef BB_IDENTIFIERS_H
#define BB_IDENTIFIERS_H

#include "biobert.h"

/* "https://doi.org/10.1/X", "doi:10.1/X", "10.1/X [doi]" -> "10.1/X", as it is spelled. */
biobert_str bb_find_doi(biobert_str value);
/* "PMID: 123", "123[pmid]", "https://pubmed.ncbi.nlm.nih.gov/123/" -> 123 */
int64_t bb_find_pmid(biobert_str value);
/* "PMC123", "pmc123.2", ".../articles/PMC123/" -> the digits */
biobert_str bb_find_pmcid(biobert_str value);

#endif
