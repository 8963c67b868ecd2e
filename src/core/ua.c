// SPDX-License-Identifier: GPL-2.0-only
/* Unit attention conditions (SAM-5 5.14): one bit each, reported in order of weight. */
#include "scst_priv.h"

static const enum sl_sense scst_ua_sense[SCST_UA_COUNT] = {
	[SCST_UA_RESET]			= SL_UA_RESET,
	[SCST_UA_NEXUS_LOSS]		= SL_UA_NEXUS_LOSS,
	[SCST_UA_CLEARED_BY_OTHER]	= SL_UA_CLEARED_BY_OTHER,
	[SCST_UA_RESERVATIONS_PREEMPTED] = SL_UA_RESERVATIONS_PREEMPTED,
	[SCST_UA_RESERVATIONS_RELEASED]	= SL_UA_RESERVATIONS_RELEASED,
	[SCST_UA_REGISTRATIONS_PREEMPTED] = SL_UA_REGISTRATIONS_PREEMPTED,
	[SCST_UA_MEDIUM_CHANGED]	= SL_UA_MEDIUM_CHANGED,
	[SCST_UA_LUNS_CHANGED]		= SL_UA_LUNS_CHANGED,
	[SCST_UA_ACCESS_CHANGED]	= SL_UA_ACCESS_CHANGED,
	[SCST_UA_INQUIRY_CHANGED]	= SL_UA_INQUIRY_CHANGED,
	[SCST_UA_IDENT_CHANGED]		= SL_UA_IDENT_CHANGED,
	[SCST_UA_CAPACITY_CHANGED]	= SL_UA_CAPACITY_CHANGED,
	[SCST_UA_MODE_CHANGED]		= SL_UA_MODE_CHANGED,
	[SCST_UA_THIN_THRESHOLD]	= SL_UA_THIN_THRESHOLD,
};

enum sl_sense scst_ua_take(struct scst_tgt_dev *td)
{
	unsigned int bit;

	for (bit = 0; bit < SCST_UA_COUNT; bit++)
		if (test_and_clear_bit(bit, &td->ua))
			return scst_ua_sense[bit];
	return SL_OK;
}

void scst_dev_raise_ua(struct scst_device *dev, enum scst_ua ua, const struct scst_session *except)
{
	struct scst_tgt_dev *td;

	spin_lock(&dev->tgt_devs_lock);
	list_for_each_entry(td, &dev->tgt_devs, dev_entry)
		if (td->sess != except)
			set_bit(ua, &td->ua);
	spin_unlock(&dev->tgt_devs_lock);
}
EXPORT_SYMBOL_GPL(scst_dev_raise_ua);
