/* SPDX-License-Identifier: GPL-2.0-only */
/* Initiator name patterns of ini_groups: '*', '?', leading '!'. */
#ifndef SL_NAME_MATCH_H
#define SL_NAME_MATCH_H

#include "port.h"

/*
 * '*' stands for any run of characters, '?' for one, a leading '!' turns the
 * answer round. ASCII letters match in either case: iSCSI names are lower case
 * after preparation (RFC 3722), WWNs are written both ways.
 */
bool sl_name_match(const char *pattern, const char *name);

#endif
