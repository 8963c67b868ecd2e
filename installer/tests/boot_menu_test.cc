// SPDX-License-Identifier: GPL-2.0-only
// Menus of boot loaders with one more kernel, from text to text.
#include "plan/boot_menu.hh"

#include "catch.hh"
#include "machine.hh"

using namespace inst::boot;
using inst::test::holds;

namespace {

const NewKernel fresh{"2.6.29", "kernel-2.6.29", "initramfs-2.6.29.img"};
const NewKernel bare{"2.6.29", "kernel-2.6.29", ""};

const char* const legacy =
    "default=1\ntimeout 5\n\n"
    "title Windows\nrootnoverify (hd0,1)\nchainloader +1\n\n"
    "title Gentoo\nroot (hd0,0)\nkernel /boot/kernel-2.6.30 root=/dev/sda3 ro\n"
    "initrd /boot/initrd-2.6.30\n";

const char* const grub_cfg = R"(# made by grub-mkconfig
if [ "${next_entry}" ] ; then
   set default="${next_entry}"
fi
function savedefault {
  if [ -z "${boot_once}" ]; then saved_entry="${chosen}"; fi
}
menuentry 'Debian GNU/Linux' --class gnu $menuentry_id_option 'gnulinux-simple-ab' {
	linux	/boot/vmlinuz-6.1.0-50-amd64 root=UUID=ab ro quiet
}
submenu 'Advanced options for Debian GNU/Linux' $menuentry_id_option 'gnulinux-advanced-ab' {
	menuentry 'Debian GNU/Linux, with Linux 6.1.0-50-amd64' $menuentry_id_option 'gnulinux-6.1.0-50-amd64-advanced-ab' {
		if [ x$grub_platform = xxen ]; then insmod xzio; insmod lzopio; fi
		echo	'Loading Linux 6.1.0-50-amd64 ...'
		linux	/boot/vmlinuz-6.1.0-50-amd64 root=UUID=ab ro quiet
		initrd	/boot/initrd.img-6.1.0-50-amd64
	}
	menuentry 'Debian GNU/Linux, with Linux 6.1.0-50-amd64 (recovery mode)' $menuentry_id_option 'gnulinux-6.1.0-50-amd64-recovery-ab' {
		linux	/boot/vmlinuz-6.1.0-50-amd64 root=UUID=ab ro single
	}
	menuentry 'Debian GNU/Linux, with Linux 4.19.0-27-amd64' $menuentry_id_option 'gnulinux-4.19.0-27-amd64-advanced-ab' {
		linux	/boot/vmlinuz-4.19.0-27-amd64 root=UUID=ab ro quiet
	}
}
menuentry "UEFI \"Firmware\" Settings" --id uefi-firmware {
	fwsetup
}
)";

} // namespace

TEST_CASE("GRUB legacy gets the entry at its end, made after the default one") {
  const auto menu = grub_legacy(legacy, "", fresh, false);
  REQUIRE(menu);
  CHECK(menu->id == "2");
  CHECK(menu->old == "1");
  CHECK(menu->trial == std::string(legacy) + "\ntitle Linux 2.6.29 with SCST\nroot (hd0,0)\n"
                                             "kernel /boot/kernel-2.6.29 root=/dev/sda3 ro\n"
                                             "initrd /boot/initramfs-2.6.29.img\n");
  CHECK(menu->chosen.starts_with("fallback 1\ndefault 2\ntimeout 5\n"));
}

TEST_CASE("A GRUB legacy that saves its default boots the entry once") {
  const auto menu = grub_legacy(legacy, "", bare, true);
  REQUIRE(menu);
  CHECK(menu->trial.starts_with("fallback 1\ndefault saved\ntimeout 5\n"));
  CHECK(menu->trial.ends_with("kernel /boot/kernel-2.6.29 root=/dev/sda3 ro\nsavedefault 1\n"));
  CHECK_FALSE(holds(menu->chosen, "savedefault"));
}

TEST_CASE("The saved default of GRUB legacy is read, and the menu's own fallback kept") {
  const std::string text = "default saved\nfallback 0\n\ntitle A\nkernel (hd0,0)/a x\n"
                           "title B\nkernel (hd0,0)/b y\n";
  const auto menu = grub_legacy(text, "1", bare, true);
  REQUIRE(menu);
  CHECK(menu->old == "1");
  CHECK(holds(menu->trial, "\nkernel (hd0,0)/kernel-2.6.29 y\n"));
  CHECK(menu->trial.starts_with("default saved\nfallback 0\n"));
}

TEST_CASE("A menu that has the entry stays as it is; one with nothing to learn from gets none") {
  const auto menu = grub_legacy(legacy, "", bare, true);
  REQUIRE(menu);
  const auto again = grub_legacy(menu->trial, "2", bare, true);
  REQUIRE(again);
  CHECK(again->trial == menu->trial);
  CHECK(again->id == "2");
  CHECK_FALSE(grub_legacy("title Windows\nchainloader +1\n", "", bare, true));
  CHECK_FALSE(grub_legacy("", "", bare, true));
}

TEST_CASE("Entries of GRUB 2 are found in menus within menus") {
  const auto all = grub_entries(grub_cfg);
  REQUIRE(all.size() == 5);
  CHECK(all[0].id == "gnulinux-simple-ab");
  CHECK(all[0].release == "6.1.0-50-amd64");
  CHECK(all[1].id == "gnulinux-advanced-ab>gnulinux-6.1.0-50-amd64-advanced-ab");
  CHECK(all[3].title == "Advanced options for Debian GNU/Linux>"
                        "Debian GNU/Linux, with Linux 4.19.0-27-amd64");
  CHECK(all[3].release == "4.19.0-27-amd64");
  CHECK(all[4].id == "uefi-firmware");
  CHECK(all[4].title == "UEFI \"Firmware\" Settings");
  CHECK(all[4].release.empty());
}

TEST_CASE("The default of GRUB 2 is found by number, path, title, id, and where it was saved") {
  const auto all = grub_entries(grub_cfg);
  const auto id = [&](const std::string& settings, const std::string& saved = "") {
    const GrubEntry* e = grub_default(all, settings, saved);
    return e == nullptr ? "" : e->id.substr(e->id.rfind('>') + 1);
  };
  const std::string old = "gnulinux-4.19.0-27-amd64-advanced-ab";
  CHECK(id("") == "gnulinux-simple-ab");
  CHECK(id("GRUB_DEFAULT=0\n") == "gnulinux-simple-ab");
  CHECK(id("GRUB_DEFAULT=\"1>2\"\n") == old);
  CHECK(id("GRUB_DEFAULT=2\n") == "uefi-firmware");
  CHECK(id("GRUB_DEFAULT='gnulinux-advanced-ab>" + old + "'\n") == old);
  CHECK(id("GRUB_DEFAULT='Debian GNU/Linux'\n") == "gnulinux-simple-ab");
  CHECK(id("GRUB_DEFAULT=saved\n", "gnulinux-advanced-ab>" + old) == old);
  CHECK(id("GRUB_DEFAULT=saved\n") == "gnulinux-simple-ab");
  CHECK(id("GRUB_DEFAULT=gone\n") == "gnulinux-simple-ab"); // as GRUB itself does
  CHECK(grub_default({}, "", "") == nullptr);
}

TEST_CASE("The setting of GRUB 2's default is changed where it stands, or added") {
  CHECK(saved_default("# c\nGRUB_DEFAULT=0\nGRUB_TIMEOUT=5\n") ==
        "# c\nGRUB_DEFAULT=saved\nGRUB_TIMEOUT=5\n");
  CHECK(saved_default("GRUB_TIMEOUT=5\n") == "GRUB_TIMEOUT=5\nGRUB_DEFAULT=saved\n");
  CHECK(saved_default("") == "GRUB_DEFAULT=saved\n");
  CHECK(saved_default(saved_default("GRUB_DEFAULT=0\n")) == "GRUB_DEFAULT=saved\n");
}

TEST_CASE("An entry file is made after another one's, with its arguments and microcode") {
  const std::string arch = "title Arch Linux\nlinux /vmlinuz-linux\ninitrd /intel-ucode.img\n"
                           "initrd /initramfs-linux.img\noptions root=UUID=ab rw\n";
  CHECK(bls_entry(arch, "", fresh) ==
        "title Linux 2.6.29 with SCST\nlinux /kernel-2.6.29\ninitrd /intel-ucode.img\n"
        "initrd /initramfs-2.6.29.img\noptions root=UUID=ab rw\n");
  const std::string rhel = "title Rocky\nversion 5.14.0-1.el9\nlinux /boot/vmlinuz-5.14.0-1.el9\n"
                           "initrd /boot/initramfs-5.14.0-1.el9.img $tuned_initrd\n"
                           "options root=/dev/sda1 ro $tuned_params\nid rocky-5.14\n";
  CHECK(bls_entry(rhel, "5.14.0-1.el9", fresh) ==
        "title Linux 2.6.29 with SCST\nversion 2.6.29\nlinux /boot/kernel-2.6.29\n"
        "initrd /boot/initramfs-2.6.29.img $tuned_initrd\n"
        "options root=/dev/sda1 ro $tuned_params\n");
  CHECK_FALSE(holds(bls_entry(rhel, "5.14.0-1.el9", bare), "initrd"));
  const std::string own_folder = "title D\nversion 6.1.0-1\nlinux /abc/6.1.0-1/linux\n"
                                 "initrd /abc/6.1.0-1/initrd.img-6.1.0-1\n";
  CHECK(holds(bls_entry(own_folder, "6.1.0-1", fresh), "\nlinux /kernel-2.6.29\n"));
}

TEST_CASE("A value of loader.conf is read, replaced and added") {
  CHECK(bls_value("timeout 3\ndefault arch.conf\n", "default") == "arch.conf");
  CHECK(bls_value("#default x\n", "default").empty());
  CHECK(with_bls_value("default a\ntimeout 3\n", "default", "b") == "default b\ntimeout 3\n");
  CHECK(with_bls_value("timeout 3\n", "default", "b") == "timeout 3\ndefault b\n");
}

TEST_CASE("extlinux gets a label of its own, and keeps its default until it is confirmed") {
  const std::string alpine = "DEFAULT lts\nPROMPT 0\nLABEL lts\n  MENU LABEL Linux lts\n"
                             "  LINUX vmlinuz-lts\n  INITRD initramfs-lts\n"
                             "  APPEND root=UUID=ab modules=ext4\n";
  const auto menu = extlinux(alpine, {}, fresh);
  REQUIRE(menu);
  CHECK(menu->id == "scst-2.6.29");
  CHECK(menu->old == "lts");
  CHECK(menu->trial == alpine + "\nLABEL scst-2.6.29\n\tMENU LABEL Linux 2.6.29 with SCST\n"
                                "\tLINUX kernel-2.6.29\n\tINITRD initramfs-2.6.29.img\n"
                                "\tAPPEND root=UUID=ab modules=ext4\n");
  CHECK(menu->chosen.starts_with("DEFAULT scst-2.6.29\n"));
  const auto again = extlinux(menu->trial, {}, fresh);
  REQUIRE(again);
  CHECK(again->trial == menu->trial);
}

TEST_CASE("Where a menu is the default of extlinux, the choice in it is") {
  const std::string text = "DEFAULT menu.c32\nLABEL a\n\tLINUX a\nLABEL b\n\tMENU DEFAULT\n"
                           "\tLINUX b\n\tAPPEND root=b\n";
  const auto menu = extlinux(text, {}, bare);
  REQUIRE(menu);
  CHECK(menu->old == "b");
  CHECK(menu->trial.starts_with(text));
  CHECK(menu->chosen.starts_with("DEFAULT menu.c32\nLABEL a\n\tLINUX a\nLABEL b\n\tLINUX b\n"));
  CHECK(menu->chosen.ends_with("\tAPPEND root=b\n\tMENU DEFAULT\n"));
}

TEST_CASE("Labels of extlinux that lie in another file are learned from") {
  const auto menu = extlinux("default l0\ninclude linux.cfg\n",
                             {"label l0\n\tkernel /boot/vmlinuz-6.1\n"
                              "\tappend initrd=/boot/initrd.img-6.1 root=/dev/sda1 ro\n"},
                             bare);
  REQUIRE(menu);
  CHECK(holds(menu->trial, "\tLINUX /boot/kernel-2.6.29\n\tAPPEND root=/dev/sda1 ro\n"));
  CHECK(menu->chosen.starts_with("default scst-2.6.29\ninclude linux.cfg\n"));
  CHECK_FALSE(extlinux("default l0\n", {}, bare));
}
