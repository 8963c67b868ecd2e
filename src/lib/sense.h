/* SPDX-License-Identifier: GPL-2.0-only */
/* Sense data in fixed and descriptor form (SPC-4 4.5). */
#ifndef SL_SENSE_H
#define SL_SENSE_H

#include "port.h"

#define SL_SENSE_LEN	96	/* room for every form built here */

#define SL_SENSE_CODE(key, asc, ascq)	(((key) << 16) | ((asc) << 8) | (ascq))

/*
 * Why a command ends with CHECK CONDITION: key, ASC and ASCQ in one value.
 * Never mixed with errno: functions that can fail with sense return this type.
 */
enum sl_sense {
	SL_OK			= 0,
	SL_NOT_READY_NO_MEDIUM	= SL_SENSE_CODE(0x2, 0x3a, 0x00),
	SL_NOT_READY_STOPPED	= SL_SENSE_CODE(0x2, 0x04, 0x02),
	SL_NOT_READY_INTERVENTION = SL_SENSE_CODE(0x2, 0x04, 0x03),
	SL_PORT_TRANSITIONING	= SL_SENSE_CODE(0x2, 0x04, 0x0a),
	SL_PORT_STANDBY		= SL_SENSE_CODE(0x2, 0x04, 0x0b),
	SL_PORT_UNAVAILABLE	= SL_SENSE_CODE(0x2, 0x04, 0x0c),
	SL_PORT_OFFLINE		= SL_SENSE_CODE(0x2, 0x04, 0x12),
	SL_FORMAT_IN_PROGRESS	= SL_SENSE_CODE(0x2, 0x04, 0x04),
	SL_SANITIZE_IN_PROGRESS	= SL_SENSE_CODE(0x2, 0x04, 0x1b),
	SL_FORMAT_FAILED	= SL_SENSE_CODE(0x3, 0x31, 0x01),
	SL_SANITIZE_FAILED	= SL_SENSE_CODE(0x3, 0x31, 0x03),
	SL_WRITE_ERROR		= SL_SENSE_CODE(0x3, 0x0c, 0x00),
	SL_READ_ERROR		= SL_SENSE_CODE(0x3, 0x11, 0x00),
	SL_INTERNAL_FAILURE	= SL_SENSE_CODE(0x4, 0x44, 0x00),
	SL_OPERATION_IN_PROGRESS = SL_SENSE_CODE(0x5, 0x00, 0x16),
	SL_PARAM_LIST_LENGTH	= SL_SENSE_CODE(0x5, 0x1a, 0x00),
	SL_INVALID_OPCODE	= SL_SENSE_CODE(0x5, 0x20, 0x00),
	SL_LBA_OUT_OF_RANGE	= SL_SENSE_CODE(0x5, 0x21, 0x00),
	SL_INVALID_CDB_FIELD	= SL_SENSE_CODE(0x5, 0x24, 0x00),
	SL_LUN_NOT_SUPPORTED	= SL_SENSE_CODE(0x5, 0x25, 0x00),
	SL_INVALID_PARAM_FIELD	= SL_SENSE_CODE(0x5, 0x26, 0x00),
	SL_INVALID_RELEASE	= SL_SENSE_CODE(0x5, 0x26, 0x04),
	SL_TOO_MANY_CSCDS	= SL_SENSE_CODE(0x5, 0x26, 0x06),
	SL_UNSUPPORTED_CSCD	= SL_SENSE_CODE(0x5, 0x26, 0x07),
	SL_TOO_MANY_SEGMENTS	= SL_SENSE_CODE(0x5, 0x26, 0x08),
	SL_UNSUPPORTED_SEGMENT	= SL_SENSE_CODE(0x5, 0x26, 0x09),
	SL_INLINE_DATA_EXCEEDED	= SL_SENSE_CODE(0x5, 0x26, 0x0b),
	SL_TOKEN_INVALID	= SL_SENSE_CODE(0x5, 0x23, 0x00),
	SL_TOKEN_TYPE		= SL_SENSE_CODE(0x5, 0x23, 0x01),
	SL_TOKEN_UNKNOWN	= SL_SENSE_CODE(0x5, 0x23, 0x04),
	SL_TOKEN_REVOKED	= SL_SENSE_CODE(0x5, 0x23, 0x06),
	SL_TOKEN_EXPIRED	= SL_SENSE_CODE(0x5, 0x23, 0x07),
	SL_TOKEN_CANCELLED	= SL_SENSE_CODE(0x5, 0x23, 0x08),
	SL_TOKEN_DELETED	= SL_SENSE_CODE(0x5, 0x23, 0x09),
	SL_TOKEN_LENGTH		= SL_SENSE_CODE(0x5, 0x23, 0x0a),
	SL_INVALID_MESSAGE	= SL_SENSE_CODE(0x5, 0x49, 0x00),
	SL_SAVING_UNSUPPORTED	= SL_SENSE_CODE(0x5, 0x39, 0x00),
	SL_INSUFFICIENT_RESOURCES = SL_SENSE_CODE(0x5, 0x55, 0x03),
	SL_NO_REGISTRATION_ROOM	= SL_SENSE_CODE(0x5, 0x55, 0x04),
	SL_NO_TOKEN_ROOM	= SL_SENSE_CODE(0x5, 0x55, 0x0d),
	SL_REMOVAL_PREVENTED	= SL_SENSE_CODE(0x5, 0x53, 0x02),
	SL_UA_MEDIUM_CHANGED	= SL_SENSE_CODE(0x6, 0x28, 0x00),
	SL_UA_RESET		= SL_SENSE_CODE(0x6, 0x29, 0x00),
	SL_UA_NEXUS_LOSS	= SL_SENSE_CODE(0x6, 0x29, 0x07),
	SL_UA_MODE_CHANGED	= SL_SENSE_CODE(0x6, 0x2a, 0x01),
	SL_UA_RESERVATIONS_PREEMPTED = SL_SENSE_CODE(0x6, 0x2a, 0x03),
	SL_UA_RESERVATIONS_RELEASED = SL_SENSE_CODE(0x6, 0x2a, 0x04),
	SL_UA_REGISTRATIONS_PREEMPTED = SL_SENSE_CODE(0x6, 0x2a, 0x05),
	SL_UA_ACCESS_CHANGED	= SL_SENSE_CODE(0x6, 0x2a, 0x06),
	SL_UA_CAPACITY_CHANGED	= SL_SENSE_CODE(0x6, 0x2a, 0x09),
	SL_UA_CLEARED_BY_OTHER	= SL_SENSE_CODE(0x6, 0x2f, 0x00),
	SL_UA_THIN_THRESHOLD	= SL_SENSE_CODE(0x6, 0x38, 0x07),
	SL_UA_INQUIRY_CHANGED	= SL_SENSE_CODE(0x6, 0x3f, 0x03),
	SL_UA_IDENT_CHANGED	= SL_SENSE_CODE(0x6, 0x3f, 0x05),
	SL_UA_LUNS_CHANGED	= SL_SENSE_CODE(0x6, 0x3f, 0x0e),
	SL_WRITE_PROTECTED	= SL_SENSE_CODE(0x7, 0x27, 0x00),
	SL_SPACE_EXHAUSTED	= SL_SENSE_CODE(0x7, 0x27, 0x07),
	SL_COPY_ABORTED		= SL_SENSE_CODE(0xa, 0x00, 0x00),
	SL_CSCD_UNREACHABLE	= SL_SENSE_CODE(0xa, 0x08, 0x04),
	SL_COPY_THIRD_PARTY_FAILURE = SL_SENSE_CODE(0xa, 0x0d, 0x01),
	SL_COPY_TARGET_UNREACHABLE = SL_SENSE_CODE(0xa, 0x0d, 0x02),
	SL_COPY_UNDERRUN	= SL_SENSE_CODE(0xa, 0x0d, 0x04),
	SL_COPY_CLEARED		= SL_SENSE_CODE(0xa, 0x2f, 0x02),
	SL_ABORTED		= SL_SENSE_CODE(0xb, 0x00, 0x00),
	SL_UNEXPECTED_UNSOLICITED = SL_SENSE_CODE(0xb, 0x0c, 0x0c),
	SL_NOT_ENOUGH_UNSOLICITED = SL_SENSE_CODE(0xb, 0x0c, 0x0d),
	SL_GUARD_CHECK_FAILED	= SL_SENSE_CODE(0xb, 0x10, 0x01),
	SL_APP_TAG_CHECK_FAILED	= SL_SENSE_CODE(0xb, 0x10, 0x02),
	SL_REF_TAG_CHECK_FAILED	= SL_SENSE_CODE(0xb, 0x10, 0x03),
	SL_CRC_ERROR		= SL_SENSE_CODE(0xb, 0x47, 0x05),
	SL_DATA_PHASE_ERROR	= SL_SENSE_CODE(0xb, 0x4b, 0x00),
	SL_MISCOMPARE		= SL_SENSE_CODE(0xe, 0x1d, 0x00),
};

#define SL_SENSE_KEY(s)	(((u32)(s) >> 16) & 0xf)

struct sl_sense_info {
	bool info_valid;	/* @info goes to the INFORMATION field */
	bool field_valid;	/* @field_byte, @field_bit make a field pointer */
	bool field_in_cdb;	/* C/D: of the CDB, else of the parameter list */
	bool bit_valid;		/* BPV */
	bool progress_valid;	/* @progress is told in place of a field pointer */
	u8 field_bit;
	u16 field_byte;
	u16 progress;		/* 65,536ths of an operation that is done (SPC-4 4.5.2.4.4) */
	u64 info;
};

/* A field pointer to byte @byte of the CDB or the parameter list (SPC-4 4.5.2.4.2). */
static inline void sl_point_at(struct sl_sense_info *more, bool in_cdb, size_t byte)
{
	more->field_valid = byte <= 0xffff;
	more->field_in_cdb = in_cdb;
	more->bit_valid = false;
	more->field_byte = (u16)byte;
}

/* INVALID FIELD IN CDB, and in which byte of it. */
static inline enum sl_sense sl_bad_cdb(struct sl_sense_info *more, u8 byte)
{
	sl_point_at(more, true, byte);
	return SL_INVALID_CDB_FIELD;
}

/* The same, and in which bit, of a wider field the most significant one. */
static inline enum sl_sense sl_bad_cdb_bit(struct sl_sense_info *more, u8 byte, u8 bit)
{
	sl_point_at(more, true, byte);
	more->bit_valid = true;
	more->field_bit = bit;
	return SL_INVALID_CDB_FIELD;
}

/* INVALID FIELD IN PARAMETER LIST, and in which byte of it. */
static inline enum sl_sense sl_bad_param(struct sl_sense_info *more, size_t byte)
{
	sl_point_at(more, false, byte);
	return SL_INVALID_PARAM_FIELD;
}

static inline enum sl_sense sl_bad_param_bit(struct sl_sense_info *more, size_t byte, u8 bit)
{
	sl_point_at(more, false, byte);
	more->bit_valid = true;
	more->field_bit = bit;
	return SL_INVALID_PARAM_FIELD;
}

/*
 * Writes sense data for @sense to @buf (@size bytes, at least SL_SENSE_LEN for
 * all of it); @more may be NULL. Returns the length of the data, of which at
 * most @size bytes were written. An @info above 32 bits does not fit the fixed
 * form and is left out there (SPC-4 4.5.3, VALID 0).
 */
size_t sl_sense_build(u8 *buf, size_t size, bool descriptor, enum sl_sense sense,
		      const struct sl_sense_info *more);

/* What @len bytes of sense data in either form say, as SL_SENSE_CODE(); 0 if it is none of them. */
u32 sl_sense_code(const u8 *sense, size_t len);

#endif
