// SPDX-License-Identifier: GPL-2.0-only
/* kobject_init_and_add() takes a const type (6.0). */
#include <linux/kobject.h>

int probe(struct kobject *kobj, const struct kobj_type *type);
int probe(struct kobject *kobj, const struct kobj_type *type)
{
	return kobject_init_and_add(kobj, type, NULL, "x");
}
