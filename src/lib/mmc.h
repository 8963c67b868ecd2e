/* SPDX-License-Identifier: GPL-2.0-only */
/* What a CD or DVD drive that reads one data track answers (MMC-6). */
#ifndef SL_MMC_H
#define SL_MMC_H

#include "port.h"
#include "sense.h"

#define SL_MMC_MAX	128	/* enough for every answer built here */

/* A disc of more blocks than 80 minutes of 75 frames is no CD. */
#define SL_MMC_CD_BLOCKS	(80u * 60 * 75)

/* Media events of GET EVENT STATUS NOTIFICATION (MMC-6 table 274). */
enum sl_media_event {
	SL_MEDIA_NO_CHANGE	= 0,
	SL_MEDIA_EJECT_REQUEST	= 1,	/* the button was pressed */
	SL_MEDIA_NEW		= 2,
	SL_MEDIA_REMOVED	= 3,
};

/* What the drive is like now. */
struct sl_mmc_drive {
	u64 blocks;		/* of 2,048 bytes; 0: no disc */
	bool tray_open;
};

/*
 * Each builds the answer to @cdb in @buf (SL_MMC_MAX bytes). *@len is the length
 * of the data before it is cut to the allocation length, *@more where a field is wrong.
 */

/* READ TOC/PMA/ATIP: formats 0 (TOC), 1 (session information), 2 (full TOC); MMC-6 6.26. */
enum sl_sense sl_mmc_toc(const u8 *cdb, const struct sl_mmc_drive *drive, u8 *buf, size_t *len,
			 struct sl_sense_info *more);

/* GET CONFIGURATION; MMC-6 6.6, features in 5.3. */
enum sl_sense sl_mmc_configuration(const u8 *cdb, const struct sl_mmc_drive *drive, u8 *buf,
				   size_t *len, struct sl_sense_info *more);

/* Whether GET EVENT STATUS NOTIFICATION asks for the class of media events. */
bool sl_mmc_wants_media_event(const u8 *cdb);

/* GET EVENT STATUS NOTIFICATION, polled, media events only; MMC-6 6.7. */
enum sl_sense sl_mmc_event_status(const u8 *cdb, const struct sl_mmc_drive *drive,
				  enum sl_media_event event, u8 *buf, size_t *len,
				  struct sl_sense_info *more);

/* READ DISC INFORMATION, standard; MMC-6 6.22. */
enum sl_sense sl_mmc_disc_information(const u8 *cdb, const struct sl_mmc_drive *drive, u8 *buf,
				      size_t *len, struct sl_sense_info *more);

#endif
