// SPDX-License-Identifier: GPL-2.0-only
// The planner on made-up facts. This program is linked without sys.
#include "catch.hh"
#include "machine.hh"

using namespace inst;
using namespace inst::test;

TEST_CASE("A ready machine gets every step of the native road in order") {
  const Planned p = plan(ready_machine());
  REQUIRE(p.refusals.empty());
  CHECK(p.plan.road == "native");
  CHECK(p.plan.kernel == "6.1.0-50-amd64");
  CHECK(ids(p.plan) == "dkms-add dkms-build dkms-install state-directories backing-file "
                       "starter-config modules-load enable-services load-modules start-services "
                       "verify");
  CHECK(p.plan.target == "iqn.2026-11.lab.example.box:disk0");
  CHECK(p.plan.state_dir == "/var/lib/scst-install");
}

TEST_CASE("With packages installed no file is copied and dkms gets the upstream version") {
  const Planned p = plan(ready_machine());
  CHECK(find_step(p.plan, "install-files") == nullptr);
  CHECK(std::get<Dkms>(find_step(p.plan, "dkms-build")->action).version == "3.8.0");
}

TEST_CASE("A payload is copied file by file, settings in etc only where there are none") {
  Facts f = ready_machine();
  f.packages.clear();
  f.payload = {"/stage",
               "3.8.0",
               {{"/usr/sbin/scstadmin", "/stage/usr/sbin/scstadmin", 0755, "d1"},
                {"/etc/default/scst", "/stage/etc/default/scst", 0644, "d2"}}};
  const Planned p = plan(f);
  REQUIRE(p.refusals.empty());
  REQUIRE(p.plan.steps.front().id == "install-files");
  const auto& files = std::get<PutFiles>(p.plan.steps.front().action).files;
  REQUIRE(files.size() == 2);
  CHECK_FALSE(files[0].keep);
  CHECK(files[0].digest == "d1");
  CHECK(files[1].keep);
}

TEST_CASE("A payload that would overwrite a package's file is refused") {
  Facts f = ready_machine();
  f.payload = {"/stage", "3.8.0", {{"/usr/sbin/scstadmin", "/s", 0755, "d1", "", "scstadmin"}}};
  const Planned p = plan(f);
  REQUIRE(p.refusals.size() == 1);
  CHECK(p.refusals[0].exit == Exit::conflict);
  CHECK(holds(p.refusals[0].what, "/usr/sbin/scstadmin belongs to the package scstadmin"));
}

TEST_CASE("Without payload and packages the refusal names the packages that are missing") {
  Facts f = ready_machine();
  f.packages.erase("scst-dkms");
  const Planned p = plan(f);
  REQUIRE(p.refusals.size() == 1);
  CHECK(p.refusals[0].exit == Exit::missing);
  CHECK(holds(refused(p), "the package scst-dkms is not installed"));
  CHECK(holds(refused(p), "--payload"));
}

TEST_CASE("Whether headers are there, offered or not to be had decides the road") {
  const std::string release = "6.1.0-50-amd64";
  const std::string package = "linux-headers-" + release;
  struct Row {
    const char* name;
    Offers offers;
    const char* id; // of the distribution
    const char* road;
    const char* reason; // part of it
    bool headers;       // installed
    bool headers_step;
  };
  const Row rows[] = {
      {"installed", {}, "debian", "native", "modules can be loaded", true, false},
      {"offered", {"apt", true, {package}}, "debian", "native", "can be loaded", false, true},
      {"not offered",
       {"apt", true, {"linux-headers-amd64"}},
       "debian",
       "guest",
       "6.1.0-50-amd64 are not installed, and apt offers no package linux-headers-6.1.0-50-amd64",
       false,
       false},
      {"no lists", {"apt", false, {}}, "debian", "guest", "apt has no package lists", false, false},
      {"no name",
       {"apt", true, {package}},
       "exotic",
       "guest",
       "no package name here",
       false,
       false},
      {"nobody to ask", {}, "exotic", "guest", "nothing here is known to offer", false, false},
      {"a manager that we cannot ask", {}, "debian", "native", "can be loaded", false, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    Facts f = ready_machine();
    f.distribution.id = row.id;
    if (!row.headers)
      f.kernels[0].build_tree.clear();
    f.offers = row.offers;
    const Planned p = plan(f);
    CHECK(p.plan.road == row.road);
    REQUIRE(p.plan.reasons.size() == 1);
    CHECK(holds(p.plan.reasons[0], row.reason));
    const Step* step = find_step(p.plan, "kernel-headers");
    REQUIRE((step != nullptr) == row.headers_step);
    if (step == nullptr)
      continue;
    CHECK(p.refusals.empty());
    CHECK(step == &p.plan.steps.front());
    CHECK(std::get<Packages>(step->action) == Packages{"apt", {package}});
  }
}

TEST_CASE("Headers that are not to be had do not matter where nothing is built for that kernel") {
  Facts f = ready_machine();
  f.kernels[0].build_tree.clear();
  f.kernels[1].build_tree = "/usr/src/linux-headers-6.12.9-amd64";
  f.offers = {"apt", true, {}};
  Options o;
  o.kernel = "6.12.9-amd64";
  CHECK(plan(f, o).plan.road == "native");
  CHECK(plan(f, o).refusals.empty());
}

TEST_CASE("Missing headers are refused with the command that installs them") {
  Facts f = ready_machine();
  f.kernels[0].build_tree.clear();
  const Planned p = plan(f);
  REQUIRE(p.refusals.size() == 1);
  CHECK(p.refusals[0].exit == Exit::missing);
  CHECK(holds(refused(p), "apt install linux-headers-6.1.0-50-amd64"));
}

TEST_CASE("Missing dkms is refused with the command that installs it") {
  Facts f = ready_machine();
  f.programs.erase("dkms");
  const Planned p = plan(f);
  REQUIRE(p.refusals.size() == 1);
  CHECK(holds(refused(p), "apt install dkms"));
}

TEST_CASE("An unknown kernel is refused with the list of known ones") {
  Options o;
  o.kernel = "2.6.29";
  const Planned p = plan(ready_machine(), o);
  REQUIRE(p.refusals.size() == 1);
  CHECK(p.refusals[0].exit == Exit::kernel);
  CHECK(holds(refused(p), "no kernel '2.6.29' is installed or offered"));
  CHECK(holds(refused(p), "6.12.9-amd64, 6.1.0-50-amd64"));
}

TEST_CASE(
    "For a kernel that does not run now nothing is started, and a note says when it will be") {
  Facts f = ready_machine();
  f.kernels[1].build_tree = "/usr/src/linux-headers-6.12.9-amd64";
  Options o;
  o.kernel = "6.12.9-amd64";
  const Planned p = plan(f, o);
  REQUIRE(p.refusals.empty());
  CHECK(p.plan.kernel == "6.12.9-amd64");
  CHECK(find_step(p.plan, "load-modules") == nullptr);
  REQUIRE(p.plan.notes.size() == 1);
  CHECK(holds(p.plan.notes[0], "6.12.9-amd64 does not run now"));
}

TEST_CASE("A kernel outside of the catalog's range is refused on both ends") {
  Facts f = ready_machine();
  for (const Version v : {Version{5, 9, 255}, Version{8, 0, 0}}) {
    f.kernels[0].version = v;
    const Planned p = plan(f);
    REQUIRE(p.refusals.size() == 1);
    CHECK(p.refusals[0].exit == Exit::kernel);
  }
  for (const Version v : {Version{5, 10, 0}, Version{7, 99, 0}}) {
    f.kernels[0].version = v;
    CHECK(plan(f).refusals.empty());
  }
}

TEST_CASE("What cannot load modules gets the guest road with the reasons") {
  Facts f = guest_machine();
  f.loading = {false, {"this is a container (docker)"}, "", false};
  f.container = "docker";
  const Planned p = plan(f);
  REQUIRE(p.refusals.empty());
  CHECK(p.plan.road == "guest");
  CHECK(p.plan.reasons == f.loading.obstacles);
  CHECK(ids(p.plan) == "guest-image guest-disk guest-boot wait-portal");
  CHECK(p.plan.portal == "127.0.0.1:3260");
}

TEST_CASE("The guest's portal goes to the free port, and stays where a guest runs already") {
  Facts f = guest_machine();
  f.free_port = 3262;
  Options o;
  o.road = "guest";
  CHECK(plan(f, o).plan.portal == "127.0.0.1:3262");
  f.guest_port = 3260;
  CHECK(plan(f, o).plan.portal == "127.0.0.1:3260");
}

TEST_CASE("The guest is set up with the same target and initiators, and nothing is started in it") {
  Facts f = guest_machine();
  Options o;
  o.road = "guest";
  o.allow = {"iqn.2007-10.com.github:sahlberg:libiscsi:*"};
  const Planned p = plan(f, o);
  const auto& image = std::get<GuestImage>(p.plan.steps.front().action);
  CHECK(holds(image.setup, "--no-start --road native"));
  CHECK(holds(image.setup, "--target 'iqn.2026-11.lab.example.box:disk0'"));
  CHECK(holds(image.setup, "--allow 'iqn.2007-10.com.github:sahlberg:libiscsi:*'"));
  CHECK(image.debs == "/debs");
}

TEST_CASE("The guest's LUN is a file outside of it that stays, whatever becomes of the guest") {
  Facts f = guest_machine();
  f.guest_disk = "/root/.local/share/scst/guest/disk0.img";
  Options o;
  o.road = "guest";
  const Planned p = plan(f, o);
  REQUIRE(p.refusals.empty());
  CHECK(p.plan.data == f.guest_disk);
  CHECK_FALSE(f.guest_disk.starts_with(f.cache_dir));
  const FileEntry& disk = std::get<PutFiles>(find_step(p.plan, "guest-disk")->action).files.at(0);
  CHECK(disk.path == f.guest_disk);
  CHECK(disk.size == o.size);
  CHECK(disk.keep);
  CHECK(std::get<GuestBoot>(find_step(p.plan, "guest-boot")->action).disk == f.guest_disk);
  CHECK(holds(std::get<GuestImage>(p.plan.steps.front().action).setup,
              " --device /dev/disk/by-id/virtio-lun0 "));
  f.guest_disk_size = std::uint64_t{5} << 20;
  CHECK(holds(plan(f, o).plan.notes.at(0), "is there already with 5 MiB and is kept"));
}

TEST_CASE("A disk that only the target machine has can be named for an offline install") {
  Facts f = ready_machine();
  f.disk.path = "/dev/disk/by-id/virtio-lun0";
  Options o;
  o.device = f.disk.path;
  o.no_start = true;
  const Planned p = plan(f, o);
  REQUIRE(p.refusals.empty());
  CHECK(holds(p.plan.notes.at(0), "not here now"));
  CHECK(p.plan.data == f.disk.path);
  f.disk.path = o.device = "/srv/typo.img";
  CHECK(plan(f, o).refusals.size() == 1);
}

TEST_CASE("The guest road without packages or QEMU is refused") {
  Facts f = ready_machine();
  Options o;
  o.road = "guest";
  const Planned p = plan(f, o);
  CHECK(p.refusals.size() == 2);
  CHECK(holds(refused(p), "--debs"));
  CHECK(holds(refused(p), "qemu-system-x86_64"));
}

TEST_CASE("A container with the native road forced installs but starts nothing") {
  Facts f = ready_machine();
  f.loading = {false, {"this is a container (lxc)"}, "", false};
  Options o;
  o.road = "native";
  const Planned p = plan(f, o);
  REQUIRE(p.refusals.empty());
  CHECK(find_step(p.plan, "load-modules") == nullptr);
  CHECK(find_step(p.plan, "start-services") == nullptr);
  CHECK(find_step(p.plan, "verify") == nullptr);
  REQUIRE_FALSE(p.plan.notes.empty());
  CHECK(holds(p.plan.notes.back(), "container"));
}

TEST_CASE("For another root nothing is started and the newest kernel with headers is taken") {
  Facts f = ready_machine();
  f.root = "/srv/image";
  f.running.clear();
  f.kernels[0].running = false;
  f.init_live = false;
  Options o;
  o.root = "/srv/image";
  const Planned p = plan(f, o);
  REQUIRE(p.refusals.empty());
  CHECK(p.plan.kernel == "6.1.0-50-amd64");
  CHECK(p.plan.state_dir == "/srv/image/var/lib/scst-install");
  CHECK(p.plan.steps.back().id == "enable-services");
  CHECK_FALSE(std::get<Services>(p.plan.steps.back().action).live);
}

TEST_CASE("In a chroot the native road only installs") {
  Facts f = ready_machine();
  f.chroot = true;
  f.init_live = false;
  const Planned p = plan(f);
  REQUIRE(p.refusals.empty());
  CHECK(p.plan.road == "native");
  CHECK(find_step(p.plan, "load-modules") == nullptr);
}

TEST_CASE("A configuration of the user's own is kept and no LUN is made") {
  Facts f = ready_machine();
  f.has_config = true;
  f.config = "# mine\n";
  const Planned p = plan(f);
  REQUIRE(p.refusals.empty());
  CHECK(find_step(p.plan, "starter-config") == nullptr);
  CHECK(find_step(p.plan, "backing-file") == nullptr);
  REQUIRE(p.plan.notes.size() == 1);
  CHECK(holds(p.plan.notes[0], "/etc/scst.conf is there already and is kept"));
  CHECK(std::get<Verify>(find_step(p.plan, "verify")->action).target.empty());
}

TEST_CASE(
    "The starter configuration written earlier is planned again, so a second run is the same") {
  Facts f = ready_machine();
  const Planned first = plan(f);
  f.has_config = true;
  f.config = std::get<PutFiles>(find_step(first.plan, "starter-config")->action).files[0].content;
  f.has_backing_file = true;
  const Planned second = plan(f);
  REQUIRE(second.refusals.empty());
  CHECK(second.plan.steps == first.plan.steps);
}

TEST_CASE("A backing file that nothing explains is refused, with the way to serve it") {
  Facts f = ready_machine();
  f.has_backing_file = true;
  const Planned p = plan(f);
  REQUIRE(p.refusals.size() == 1);
  CHECK(p.refusals[0].exit == Exit::conflict);
  CHECK(holds(refused(p), "--device /var/lib/scst/luns/disk0.img"));
}

TEST_CASE("A device that is mounted, held or signed is refused unless forced") {
  Facts f = ready_machine();
  f.disk = {"/dev/sdb", true, true, 1U << 30, {}, ""};
  Options o;
  o.device = "/dev/sdb";
  SECTION("mounted") {
    f.disk.users = {"mounted on /home"};
  }
  SECTION("held") {
    f.disk.users = {"held by dm-0"};
  }
  SECTION("signed") {
    f.disk.signature = "ext4";
  }
  const Planned p = plan(f, o);
  REQUIRE(p.refusals.size() == 1);
  CHECK(p.refusals[0].exit == Exit::conflict);
  CHECK(holds(refused(p), "--force-device"));
  o.force_device = true;
  const Planned forced = plan(f, o);
  CHECK(forced.refusals.empty());
  CHECK(holds(forced.plan.notes.at(0), "--force-device"));
}

TEST_CASE("A free device becomes the LUN without a file being made") {
  Facts f = ready_machine();
  f.disk = {"/dev/sdb", true, true, 1U << 30, {}, ""};
  Options o;
  o.device = "/dev/sdb";
  const Planned p = plan(f, o);
  REQUIRE(p.refusals.empty());
  CHECK(find_step(p.plan, "backing-file") == nullptr);
  const auto& config = std::get<PutFiles>(find_step(p.plan, "starter-config")->action).files[0];
  CHECK(holds(config.content, "filename /dev/sdb\n"));
  CHECK(config.keep);
}

TEST_CASE("A device that is not there, or cannot stand in scst.conf, is refused") {
  Facts f = ready_machine();
  Options o;
  o.device = "/dev/nothing";
  CHECK(plan(f, o).refusals.at(0).exit == Exit::usage);
  f.disk.exists = true;
  o.device = "/dev/with blank";
  CHECK(plan(f, o).refusals.at(0).exit == Exit::usage);
}

TEST_CASE("A bad initiator name is refused by name") {
  Options o;
  o.allow = {"iqn.2026-11.lab.example:good", "iqn.not-a-date"};
  const Planned p = plan(ready_machine(), o);
  REQUIRE(p.refusals.size() == 1);
  CHECK(p.refusals[0].exit == Exit::usage);
  CHECK(holds(refused(p), "--allow 'iqn.not-a-date'"));
}

TEST_CASE("A port that somebody else has is refused, our own daemon on it is not") {
  Facts f = ready_machine();
  f.portal = {true, "tgtd (pid 12)"};
  const Planned p = plan(f);
  REQUIRE(p.refusals.size() == 1);
  CHECK(p.refusals[0].exit == Exit::conflict);
  CHECK(holds(refused(p), "taken by tgtd (pid 12)"));
  Options o;
  o.no_start = true;
  CHECK(plan(f, o).refusals.empty());
  f.portal.owner = "iscsi-scstd (pid 13)";
  CHECK(plan(f).refusals.empty());
}

TEST_CASE("Another target stack that serves is a conflict") {
  Facts f = ready_machine();
  f.conflicts = {{"LIO serves iSCSI targets on this machine", "targetcli clearconfig"}};
  CHECK(plan(f).refusals.at(0).exit == Exit::conflict);
}

TEST_CASE("A full file system is refused before anything is written") {
  Facts f = ready_machine();
  f.free_space["/var/lib"] = 1 << 20;
  const Planned p = plan(f);
  REQUIRE(p.refusals.size() == 1);
  CHECK(p.refusals[0].exit == Exit::missing);
  CHECK(holds(refused(p), "/var/lib has 1 MiB free"));
}

TEST_CASE("A guest is not begun where its image does not fit, unless it is there already") {
  Facts f = guest_machine();
  Options o;
  o.road = "guest";
  f.free_space[f.cache_dir] = std::uint64_t{1} << 30;
  const Planned p = plan(f, o);
  REQUIRE(p.refusals.size() == 1);
  CHECK(p.refusals[0].exit == Exit::missing);
  CHECK(holds(refused(p), "/root/.cache/scst has 1024 MiB free"));
  f.guest_image_key = std::get<GuestImage>(find_step(p.plan, "guest-image")->action).key;
  CHECK(plan(f, o).refusals.empty());
}

TEST_CASE("OpenRC gets its scripts installed before they are enabled") {
  Facts f = ready_machine();
  f.init = "openrc";
  f.init_files["openrc"] = {{"/etc/init.d/scst", "/data/openrc/scst", 0755, "d"}};
  const Planned p = plan(f);
  REQUIRE(p.refusals.empty());
  CHECK(holds(ids(p.plan), "init-scripts enable-services load-modules"));
  const auto& enable = std::get<Services>(find_step(p.plan, "enable-services")->action);
  CHECK(enable.names == std::vector<std::string>{"scst", "iscsi-scstd"});
}

TEST_CASE("The order of start is modules and configuration, then the daemon") {
  const Planned p = plan(ready_machine());
  const auto& start = std::get<Services>(find_step(p.plan, "start-services")->action);
  CHECK(start.names == std::vector<std::string>{"scst.service", "iscsi-scstd.service"});
}
