/* SPDX-License-Identifier: GPL-2.0-only */
/* Identifying information that initiators leave with a logical unit (SPC-4 6.32, 6.43). */
#ifndef SL_IDENT_H
#define SL_IDENT_H

#include "port.h"
#include "sense.h"

#define SL_IDENT_MAX		512	/* bytes of one kind, at most */
#define SL_IDENT_ANSWER_MAX	(4 + SL_IDENT_MAX)
#define SL_IDENT_STORED_MAX	(2 * (2 + SL_IDENT_MAX))

enum sl_ident_kind {
	SL_IDENT_BYTES,		/* information type 0: any bytes */
	SL_IDENT_TEXT,		/* information type 2: UTF-8 that ends with NUL */
	SL_IDENT_KINDS
};

/* Length 0: nobody has set it. */
struct sl_ident {
	struct {
		u16 len;
		u8 bytes[SL_IDENT_MAX];
	} of[SL_IDENT_KINDS];
};

/*
 * Builds the answer to REPORT IDENTIFYING INFORMATION in @buf (SL_IDENT_ANSWER_MAX
 * bytes). *@len is its length before it is cut to the allocation length.
 * SL_INVALID_CDB_FIELD: an information type that is not known, byte 10.
 */
enum sl_sense sl_ident_report(const u8 *cdb, const struct sl_ident *ident, u8 *buf, size_t *len);

/*
 * Is SET IDENTIFYING INFORMATION one that could be done? SL_OK, or SL_INVALID_CDB_FIELD
 * and in *@bad_byte which: 10 for the information type, 6 for more bytes than there is room.
 */
enum sl_sense sl_ident_check(const u8 *cdb, u8 *bad_byte);

/*
 * Does what a CDB that was found good says, with the parameter list of the length
 * that it names; 0 bytes forget. SL_INVALID_PARAM_FIELD: a text that does not end
 * with NUL; nothing is changed.
 */
enum sl_sense sl_ident_set(const u8 *cdb, const u8 *list, struct sl_ident *ident);

/* For keeping it: @buf has SL_IDENT_STORED_MAX bytes; returns how many were used. */
size_t sl_ident_store(const struct sl_ident *ident, u8 *buf);
/* 0, -1: these bytes are not what sl_ident_store() made; @ident is unchanged. */
int sl_ident_load(const u8 *buf, size_t len, struct sl_ident *ident);

#endif
