// SPDX-License-Identifier: GPL-2.0-only
/* Whether a block device can discard is asked of the device, not of its queue (5.19). */
#include <linux/blkdev.h>

unsigned int probe(struct block_device *bdev);
unsigned int probe(struct block_device *bdev)
{
	return bdev_max_discard_sectors(bdev);
}
