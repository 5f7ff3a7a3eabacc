/* heads_api.h - what the functions of a task check first. */
#ifndef BB_HEADS_API_H
#define BB_HEADS_API_H

#include "api/session.h"

/* UNSUPPORTED, with what the model is instead, when it has no such head. */
biobert_status bb_session_need_head(const biobert_session *s, biobert_head head,
                                    biobert_error *err);

#endif
