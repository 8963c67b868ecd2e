// SPDX-License-Identifier: GPL-2.0-only
/* Saved mode pages: what MODE SELECT with SP leaves for the next start (SPC-4 6.11). */
#include <linux/mm.h>

#include "scst_priv.h"

#define MODE_DIR	"/var/lib/scst/vdev_mode_pages"
#define MODE_MAGIC	"SCSTMP\r\n"

static int scst_mode_take(struct scst_device *dev, const u8 *pages, size_t len)
{
	if (!sl_mode_load(&dev->unit, pages, len, &dev->mode.saved))
		return 0;
	scst_err("%s: these are no mode pages of device %s: move it away to do without",
		 scst_state_file_path(dev->mode_file), dev->name);
	return -EINVAL;
}

int scst_mode_init(struct scst_device *dev)
{
	void *pages;
	size_t len;
	int ret;

	mutex_init(&dev->mode_lock);
	dev->mode.saved = dev->mode.now;
	if (dev->scsi_device)	/* it keeps its own */
		return 0;
	if (!scst_state_dir_exists(MODE_DIR)) {
		scst_warn("device %s: no folder %s: mode pages can't be saved", dev->name,
			  MODE_DIR);
		return 0;
	}
	dev->mode_file = scst_state_file_create(MODE_MAGIC, MODE_DIR "/%s", dev->name);
	if (!dev->mode_file)
		return -ENOMEM;
	ret = scst_state_load(dev->mode_file, &pages, &len);
	if (!ret && pages)
		ret = scst_mode_take(dev, pages, len);
	kvfree(pages);
	if (ret) {
		scst_mode_free(dev);
		return ret;
	}
	dev->mode.now = dev->mode.saved;
	dev->mode.can_save = true;
	return 0;
}

void scst_mode_free(struct scst_device *dev)
{
	scst_state_file_free(dev->mode_file);
	dev->mode_file = NULL;
}

int scst_mode_save(struct scst_device *dev, const struct sl_mode *mode)
{
	u8 pages[SL_MODE_MAX];
	size_t len = sl_mode_store(&dev->unit, mode, pages);

	lockdep_assert_held(&dev->mode_lock);
	return scst_state_save(dev->mode_file, pages, len);
}
EXPORT_SYMBOL_GPL(scst_mode_save);
