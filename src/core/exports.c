// SPDX-License-Identifier: GPL-2.0-only
/* Functions of lib/ that live in scst.ko and serve handlers and target drivers too. */
#include <linux/export.h>

#include "../lib/dif.h"
#include "../lib/mgmt_line.h"
#include "../lib/name_match.h"
#include "scst_priv.h"

EXPORT_SYMBOL_GPL(sl_cdb_parse);
EXPORT_SYMBOL_GPL(sl_cdb_control_at);
EXPORT_SYMBOL_GPL(sl_cdb_naca);
EXPORT_SYMBOL_GPL(sl_op_find);
EXPORT_SYMBOL_GPL(sl_op_get);
EXPORT_SYMBOL_GPL(sl_id_parse);
EXPORT_SYMBOL_GPL(sl_id_is_naa);
EXPORT_SYMBOL_GPL(sl_id_is_eui64);
EXPORT_SYMBOL_GPL(sl_inquiry);
EXPORT_SYMBOL_GPL(sl_inquiry_bad_byte);
EXPORT_SYMBOL_GPL(sl_read_capacity_10);
EXPORT_SYMBOL_GPL(sl_read_capacity_16);
EXPORT_SYMBOL_GPL(sl_mode_saves);
EXPORT_SYMBOL_GPL(sl_mode_sense);
EXPORT_SYMBOL_GPL(sl_mode_select);
EXPORT_SYMBOL_GPL(sl_dif_check);
EXPORT_SYMBOL_GPL(sl_dif_format_type);
EXPORT_SYMBOL_GPL(sl_dif_make);
EXPORT_SYMBOL_GPL(sl_dif_protect);
EXPORT_SYMBOL_GPL(sl_dif_ref);
EXPORT_SYMBOL_GPL(sl_sense_build);
EXPORT_SYMBOL_GPL(sl_sense_code);
EXPORT_SYMBOL_GPL(sl_lun_pack);
EXPORT_SYMBOL_GPL(sl_lun_unpack);
EXPORT_SYMBOL_GPL(sl_name_match);
EXPORT_SYMBOL_GPL(sl_transport_id_iscsi);
EXPORT_SYMBOL_GPL(sl_transport_id_sas);
EXPORT_SYMBOL_GPL(sl_mgmt_init);
EXPORT_SYMBOL_GPL(sl_mgmt_word);
EXPORT_SYMBOL_GPL(sl_mgmt_at_end);
EXPORT_SYMBOL_GPL(sl_mgmt_u64);
EXPORT_SYMBOL_GPL(sl_mgmt_bool);
