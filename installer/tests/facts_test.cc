// SPDX-License-Identifier: GPL-2.0-only
// Gathering on an imitated machine.
#include "catch.hh"
#include "facts/gather.hh"
#include "sys/fake.hh"

#include <sys/sysmacros.h>

#include <algorithm>

using namespace inst;
using facts::gather;

namespace {

/// A Debian machine with one kernel with headers, under systemd.
sys::Fake debian(const std::string& root = "") {
  sys::Fake s;
  s.file(root + "/usr/lib/os-release",
         "ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\nPRETTY_NAME=\"Debian 12\"\n");
  s.dir(root + "/lib/modules/6.1.0-50-amd64");
  s.link(root + "/lib/modules/6.1.0-50-amd64/build", "/usr/src/linux-headers-6.1.0-50-amd64");
  s.file(root + "/usr/src/linux-headers-6.1.0-50-amd64/Makefile");
  s.file(root + "/usr/src/linux-headers-6.1.0-50-amd64/include/generated/uapi/linux/version.h",
         "#define LINUX_VERSION_CODE 393648\n#define LINUX_VERSION_MAJOR 6\n"
         "#define LINUX_VERSION_PATCHLEVEL 1\n#define LINUX_VERSION_SUBLEVEL 176\n");
  s.file(root + "/lib/systemd/systemd");
  s.dir("/run/systemd/system");
  s.file("/proc/modules");
  s.dir("/proc/self");
  s.programs = {"dkms", "make", "gcc"};
  s.variables["HOME"] = "/root";
  return s;
}

Facts look(sys::Fake& s, const facts::Query& query = {}) {
  auto f = gather(s, query);
  REQUIRE(f);
  CHECK(s.changes.empty()); // looking changes nothing
  return *f;
}

} // namespace

TEST_CASE("Ports of Fibre Channel: name, driver and what is seen through them") {
  sys::Fake s = debian();
  const std::string card = "/sys/devices/pci0000:00/0000:00:05.0";
  s.link("/sys/class/fc_host/host3", "../../devices/pci0000:00/0000:00:05.0/host3/fc_host/host3");
  s.link(card + "/driver", "../../../bus/pci/drivers/qla2xxx");
  s.file(card + "/host3/fc_host/host3/port_name", "0x2100001b32abcdef\n");
  s.file(card + "/host3/fc_host/host3/port_state", "Online\n");
  s.link("/sys/block/sda", "../devices/pci0000:00/0000:00:05.0/host3/rport-3:0-0/block/sda");
  s.link("/sys/block/sdb", "../devices/pci0000:00/0000:00:1f.2/host30/target30:0:0/block/sdb");
  s.link("/sys/class/fc_host/host4", "../../devices/virtual/net/ve0/ctlr_0/host4/fc_host/host4");
  const std::string soft = "/sys/devices/virtual/net/ve0/ctlr_0/host4/fc_host/host4";
  s.file(soft + "/port_name", "0x2000020000000001\n");
  s.file(soft + "/port_state", "Linkdown\n");
  s.file("/sys/class/scsi_host/host4/proc_name", "fcoe\n");
  s.file("/sys/class/fc_host/host5/port_name", "0x2000020000000002\n"); // of an old kernel
  s.file("/sys/class/scsi_host/host5/proc_name", "(null)\n");
  const Facts f = look(s);
  REQUIRE(f.fc_ports.size() == 3);
  CHECK(f.fc_ports[0].host == "host3");
  CHECK(f.fc_ports[0].driver == "qla2xxx");
  CHECK(f.fc_ports[0].name == "21:00:00:1b:32:ab:cd:ef");
  CHECK(f.fc_ports[0].state == "Online");
  CHECK(f.fc_ports[0].disks == std::vector<std::string>{"sda"});
  CHECK(f.fc_ports[1].driver == "fcoe");
  CHECK(f.fc_ports[1].state == "Linkdown");
  CHECK(f.fc_ports[1].disks.empty());
  CHECK(f.fc_ports[2].driver.empty());
}

TEST_CASE("Distribution, kernel and tools of a Debian machine are found") {
  sys::Fake s = debian();
  const Facts f = look(s);
  CHECK(f.distribution.id == "debian");
  CHECK(f.distribution.version == "12");
  REQUIRE(f.kernels.size() == 1);
  CHECK(f.kernels[0].running);
  CHECK(f.kernels[0].version == Version{6, 1, 176});
  CHECK(f.kernels[0].build_tree == "/usr/src/linux-headers-6.1.0-50-amd64");
  CHECK(f.programs.contains("dkms"));
  CHECK(f.init == "systemd");
  CHECK(f.init_live);
  CHECK(f.loading.possible);
  CHECK(f.free_port == 3260);
}

TEST_CASE("A build link that leads nowhere means no headers") {
  sys::Fake s = debian();
  s.nodes.erase("/usr/src/linux-headers-6.1.0-50-amd64/Makefile");
  const Facts f = look(s);
  CHECK(f.kernels[0].build_tree.empty());
  CHECK(f.kernels[0].version == Version{6, 1, 0});
}

TEST_CASE("With --root everything installed is looked up in the tree, links too") {
  sys::Fake s = debian("/srv/image");
  s.programs.clear();
  s.file("/srv/image/usr/sbin/dkms");
  const Facts f = look(s, {.root = "/srv/image"});
  CHECK(f.distribution.id == "debian");
  REQUIRE(f.kernels.size() == 1);
  CHECK(f.kernels[0].build_tree == "/srv/image/usr/src/linux-headers-6.1.0-50-amd64");
  CHECK_FALSE(f.kernels[0].running);
  CHECK(f.init == "systemd");
  CHECK_FALSE(f.init_live);
  CHECK(f.programs.at("dkms") == "/usr/sbin/dkms");
}

TEST_CASE("Every obstacle to loading modules is named") {
  sys::Fake s = debian();
  std::string expected;
  SECTION("no /proc/modules") {
    s.nodes.erase("/proc/modules");
    expected = "no /proc/modules";
  }
  SECTION("no capability") {
    s.capable = false;
    expected = "CAP_SYS_MODULE";
  }
  SECTION("switched off") {
    s.file("/proc/sys/kernel/modules_disabled", "1\n");
    expected = "modules_disabled";
  }
  SECTION("lockdown") {
    s.file("/sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
    expected = "kernel lockdown (integrity)";
  }
  SECTION("container") {
    s.file("/.dockerenv");
    expected = "container (docker)";
  }
  SECTION("container told by the first process") {
    s.file("/proc/1/environ", std::string("PATH=/bin\0container=lxc\0", 23));
    expected = "container (lxc)";
  }
  SECTION("no modules folder") {
    s.release = "6.6.6-custom";
    expected = "6.6.6-custom has no folder";
  }
  const Facts f = look(s);
  CHECK_FALSE(f.loading.possible);
  REQUIRE(f.loading.obstacles.size() == 1);
  CAPTURE(f.loading.obstacles[0]);
  CHECK(f.loading.obstacles[0].find(expected) != std::string::npos);
}

TEST_CASE("Lockdown that is off is no obstacle") {
  sys::Fake s = debian();
  s.file("/sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
  CHECK(look(s).loading.possible);
}

TEST_CASE("A chroot is recognised by another root folder than that of the first process") {
  sys::Fake s = debian();
  s.dir("/.");
  s.dir("/proc/1/root/.");
  CHECK_FALSE(look(s).chroot);
  s.nodes["/proc/1/root/."].ino = 2;
  CHECK(look(s).chroot);
}

TEST_CASE("The owner of port 3260 is found by its socket, else it is the kernel") {
  sys::Fake s = debian();
  s.file("/proc/net/tcp6",
         "  sl  local_address\n"
         "   0: 00000000000000000000000000000000:0CBC 00000000000000000000000000000000:0000 0A "
         "00000000:00000000 00:00000000 00000000     0        0 4711 1\n");
  CHECK(look(s).portal.owner == "the kernel");
  s.link("/proc/12/fd/3", "socket:[4711]");
  s.file("/proc/12/comm", "tgtd\n");
  const Facts f = look(s);
  CHECK(f.portal.taken);
  CHECK(f.portal.owner == "tgtd (pid 12)");
  REQUIRE(f.conflicts.size() == 1);
  CHECK(f.conflicts[0].what.starts_with("tgtd"));
}

TEST_CASE("An established connection to port 3260 does not take the port") {
  sys::Fake s = debian();
  s.file("/proc/net/tcp", "  sl\n   0: 0100007F:0CBC 0100007F:1234 01 0:0 0:0 0 0 0 4711 1\n");
  CHECK_FALSE(look(s).portal.taken);
}

TEST_CASE("LIO counts as a conflict only when it has targets") {
  sys::Fake s = debian();
  s.dir("/sys/kernel/config/target/iscsi/discovery_auth");
  CHECK(look(s).conflicts.empty());
  s.dir("/sys/kernel/config/target/iscsi/iqn.2003-01.org.x:y");
  CHECK(look(s).conflicts.size() == 1);
}

TEST_CASE("Only packages that are installed count") {
  sys::Fake s = debian();
  s.file("/var/lib/dpkg/status",
         "Package: scst-dkms\nStatus: install ok installed\nVersion: 3.8.0-1\n\n"
         "Package: scstadmin\nStatus: deinstall ok config-files\nVersion: 3.8.0-1\n\n"
         "Package: bash\nStatus: install ok installed\nVersion: 5\n");
  const Facts f = look(s);
  CHECK(f.packages == std::map<std::string, std::string>{{"scst-dkms", "3.8.0-1"}});
}

TEST_CASE("A disk's users are found on its partitions too") {
  sys::Fake s = debian();
  s.file("/dev/sdb");
  s.nodes["/dev/sdb"] = {sys::FileType::block, "", 0660, gnu_dev_makedev(8, 16)};
  s.file("/sys/dev/block/8:16/sdb1/partition", "1\n");
  s.file("/sys/dev/block/8:16/sdb1/dev", "8:17\n");
  s.dir("/sys/dev/block/8:17/holders/dm-0");
  s.file("/proc/self/mountinfo", "36 35 8:17 / /home rw - ext4 /dev/sdb1 rw\n");
  s.signature = "gpt";
  const Facts f = look(s, {.device = "/dev/sdb"});
  CHECK(f.disk.block);
  CHECK(f.disk.users == std::vector<std::string>{"mounted on /home", "held by dm-0"});
  CHECK(f.disk.signature == "gpt");
}

TEST_CASE("A disk is followed through its by-id link") {
  sys::Fake s = debian();
  s.link("/dev/disk/by-id/x", "/dev/sdb");
  s.file("/dev/sdb");
  s.nodes["/dev/sdb"] = {sys::FileType::block, "", 0660, gnu_dev_makedev(8, 16)};
  s.file("/proc/self/mountinfo", "36 35 8:16 / /data rw - ext4 /dev/sdb rw\n");
  const Facts f = look(s, {.device = "/dev/disk/by-id/x"});
  CHECK(f.disk.users == std::vector<std::string>{"mounted on /data"});
}

TEST_CASE("A payload is read with digests, and foreign owners of other content are named") {
  sys::Fake s = debian();
  s.file("/stage/usr/src/scst-3.8.0/dkms.conf", "x");
  s.file("/stage/usr/sbin/scstadmin", "new", 0755);
  s.link("/stage/usr/sbin/alias", "scstadmin");
  s.file("/stage/etc/init.d/scst", "not of the payload: each init system has its own", 0755);
  s.file("/usr/sbin/scstadmin", "old", 0755);
  s.file("/var/lib/dpkg/info/scstadmin.list", "/.\n/usr/sbin/scstadmin\n");
  const Facts f = look(s, {.payload = "/stage"});
  CHECK(f.payload.version == "3.8.0");
  REQUIRE(f.payload.files.size() == 3);
  CHECK(f.payload.files[0].link_target == "scstadmin");
  CHECK(f.payload.files[1].path == "/usr/sbin/scstadmin");
  CHECK(f.payload.files[1].digest == sys::digest_of("new"));
  CHECK(f.payload.files[1].mode == 0755);
  CHECK(f.payload.files[1].owner == "scstadmin");
}

TEST_CASE("A folder without module sources is no payload") {
  sys::Fake s = debian();
  s.dir("/stage");
  const auto f = gather(s, {.payload = "/stage"});
  REQUIRE_FALSE(f);
  CHECK(f.error().exit == Exit::usage);
  CHECK(gather(s, {.payload = "/nowhere"}).error().cause == "no such folder");
}

TEST_CASE("A running guest is found with its port") {
  sys::Fake s = debian();
  s.file("/root/.cache/scst/guest/state/pid", "99\n");
  s.file("/root/.cache/scst/guest/state/port", "3261\n");
  CHECK(look(s).guest_port == 0);
  s.file("/proc/99/cmdline", "qemu-system-x86_64");
  CHECK(look(s).guest_port == 3261);
}
