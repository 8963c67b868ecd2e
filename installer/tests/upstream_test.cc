// SPDX-License-Identifier: GPL-2.0-only
// The way of the HOWTO of 2009, Linux 2.6.29 with SCST 1.0.1.1, step by step on a folder that
// stands for the machine. patch and make are the real ones; kernel and release are fixtures.
#include "catch.hh"
#include "machine.hh"
#include "plan/upstream_files.hh"
#include "upstream_box.hh"

#include <filesystem>
#include <fmt/format.h>

using namespace inst;
using namespace inst::test;
namespace fs = std::filesystem;

namespace {

const std::string target = "iqn.2026-11.lab.example.storage:disk0";

using Bench = UpstreamBench;

} // namespace

TEST_CASE("The plan for 2.6.29 goes the way of the HOWTO, in its order") {
  const Bench b;
  UpstreamSystem sys(b.box.base());
  const Planned p = b.box.plan(sys);
  REQUIRE(refused(p).empty());
  CHECK(p.plan.road == "upstream");
  CHECK(p.plan.kernel == "2.6.29");
  CHECK(ids(p.plan) ==
        "fetch:linux fetch:scst fetch:scstadmin fetch:iscsi-scst unpack:linux unpack:scst "
        "unpack:scstadmin unpack:iscsi-scst source-link patch:io_context patch:exec_req_fifo "
        "patch:readahead-context patch:readahead patch:put_page_callback kernel-config "
        "kernel-build kernel-modules kernel-image boot-entry stack:scst stack:scstadmin "
        "stack:iscsi-scst backing-file starter-config config:initiators.deny "
        "config:initiators.allow config:iscsi-scstd.conf init-scripts enable-services");
}

TEST_CASE("Every step of the HOWTO has its effect") {
  Bench b;
  Options options;
  options.allow = {"192.168.1.1", "192.168.1.0/24"};
  options.tuning = true;
  b.install(options);
  const auto holds_text = [&](const std::string& path, const std::string& text) {
    INFO(path << ":\n" << b.box.text(path));
    CHECK(holds(b.box.text(path), text));
  };
  // 3: the files, kept for the next run, with their digests pinned.
  for (const char* name : {"scst-1.0.1.1.tar.gz", "scstadmin-1.0.6.tar.gz",
                           "iscsi-scst-1.0.1.1.tar.gz", "linux-2.6.29.tar.bz2"}) {
    CHECK(fs::exists(b.box.base() + "/home/.cache/scst/downloads/" + name));
    CHECK(holds(b.sys.read(b.box.base() + "/home/.local/state/scst/pins").value_or(""), name));
  }
  // 4 and 5: unpacked, the kernel that the release has patches for.
  CHECK(b.there("/usr/src/scst-1.0.1.1/src/Makefile"));
  CHECK(b.there("/usr/src/scstadmin-1.0.6/Makefile"));
  CHECK(b.there("/usr/src/iscsi-scst-1.0.1.1/Makefile"));
  CHECK(b.there("/usr/src/linux-2.6.29/init/main.c"));
  // 6: the link, and the five patches.
  CHECK(fs::read_symlink(b.box.root() + "/usr/src/linux") == "linux-2.6.29");
  const std::string tree = "/usr/src/linux-2.6.29/";
  holds_text(tree + "block/blk-ioc.c", "EXPORT_SYMBOL(copy_io_context);");
  holds_text(tree + "include/scsi/scsi_device.h", "#define SCSI_EXEC_REQ_FIFO_DEFINED");
  holds_text(tree + "mm/readahead.c", "context read-ahead\nrepaired read-ahead\n");
  holds_text(tree + "include/linux/net.h", "net_set_get_put_page_callbacks");
  holds_text(tree + "include/linux/mm_types.h", "net_priv");
  CHECK(b.there(tree + "net/ipv4/tcp_zero_copy.c"));
  // 7: options from the last kernel's, with what is needed and what was asked for; the kernel
  // built, installed, in the menu, and not the default.
  for (const char* line : {"CONFIG_INET=y", "CONFIG_BLK_DEV_SD=y", "CONFIG_SCSI=m",
                           "CONFIG_TCP_ZERO_COPY_TRANSFER_COMPLETION_NOTIFICATION=y",
                           "CONFIG_DEFAULT_CFQ=y", "CONFIG_PREEMPT_NONE=y", "CONFIG_XFS_FS=y"})
    holds_text(tree + ".config", line);
  CHECK_FALSE(holds(b.box.text(tree + ".config"), "NO_SUCH_OPTION"));
  holds_text("/var/log/scst-install/scst-install.log", "INET: n -> y");
  CHECK(b.there("/lib/modules/2.6.29/modules.dep"));
  CHECK(b.box.text("/boot/kernel-2.6.29") == b.box.text(tree + "arch/x86/boot/bzImage"));
  CHECK(b.there("/boot/System.map-2.6.29"));
  holds_text("/boot/config-2.6.29", "CONFIG_INET=y");
  holds_text("/boot/grub/grub.conf", "default 0\n");
  holds_text("/boot/grub/grub.conf", "title Linux 2.6.29 with SCST\nroot (hd0,0)\n"
                                     "kernel /boot/kernel-2.6.29 root=/dev/sda3 ro\n");
  // 8, 9, 10: the release, in its order (the fixtures fail in any other).
  CHECK(b.there("/lib/modules/2.6.29/extra/scst.ko"));
  CHECK(b.there("/lib/modules/2.6.29/extra/dev_handlers/scst_vdisk.ko"));
  CHECK(b.there("/usr/local/sbin/scstadmin"));
  CHECK(b.there("/lib/modules/2.6.29/extra/iscsi-scst.ko"));
  CHECK(b.there("/usr/local/sbin/iscsi-scstd"));
  // 9 and 11: scripts without LSB functions, and without scst_disk.
  holds_text("/etc/init.d/scst", "#!/sbin/openrc-run\n");
  holds_text("/etc/init.d/scst", "SCST_MODULES=\"scst scst_vdisk\"\n");
  holds_text("/etc/init.d/scst", "\nPATH=/usr/local/sbin:/usr/local/bin:$PATH\n"); // has ebegin
  CHECK_FALSE(holds(b.box.text("/etc/init.d/scst"), "init-functions"));
  CHECK_FALSE(holds(b.box.text("/etc/init.d/scst"), "log_"));
  holds_text("/etc/init.d/iscsi-scst", "need localmount scst");
  // 12, 13, 14: the configuration in the release's own grammar, everybody denied first.
  holds_text("/etc/iscsi-scstd.conf", "\nTarget " + target + "\n");
  holds_text("/etc/scst.conf", "[HANDLER vdisk]\n");
  holds_text("/etc/scst.conf", "DEVICE disk0,/var/lib/scst/luns/disk0.img,,512\n");
  holds_text("/etc/scst.conf", "[ASSIGNMENT Default_" + target + "]\n");
  holds_text("/etc/initiators.deny", "\nALL ALL\n");
  holds_text("/etc/initiators.allow", "\n" + target + " 192.168.1.1, 192.168.1.0/24\n");
  // 15: in the default runlevel.
  CHECK(b.there("/etc/runlevels/default/scst"));
  CHECK(b.there("/etc/runlevels/default/iscsi-scst"));
}

TEST_CASE("A second run finds every step done") {
  Bench b;
  b.install();
  const Planned again = b.box.plan(b.sys);
  REQUIRE(refused(again).empty());
  CHECK(find_step(again.plan, "unpack:linux") == nullptr); // its tree is here now
  const auto looked = DryRun(b.sys).run(again.plan);
  REQUIRE(looked);
  for (std::size_t i = 0; i < again.plan.steps.size(); i++) {
    INFO(again.plan.steps[i].id);
    CHECK(looked->steps[i] == StepState::skipped);
  }
}

TEST_CASE("Undoing gives back the root as it was, the old source link included") {
  Bench b;
  const auto before = b.box.snapshot();
  b.install();
  const auto undone = b.apply.undo(b.journal.load()->back(), "uninstall");
  REQUIRE(undone);
  CHECK(undone->kept.empty());
  const auto after = b.box.snapshot();
  for (const auto& [path, what] : after)
    if (!before.contains(path))
      UNSCOPED_INFO("left: " << path);
  CHECK(after == before);
  CHECK(fs::read_symlink(b.box.root() + "/usr/src/linux") == "linux-2.6.30-gentoo-r6");
}

TEST_CASE("A kernel source of the distribution is patched where it is, and undone where it is") {
  Bench b;
  const std::string tree = "/usr/src/linux-2.6.29-gentoo-r5";
  fs::copy(std::string(INST_TOP) + "/installer/tests/fixtures/linux-2.6.29", b.box.root() + tree,
           fs::copy_options::recursive);
  std::string makefile = b.box.text(tree + "/Makefile");
  makefile.replace(makefile.find("EXTRAVERSION ="), 14, "EXTRAVERSION = -gentoo-r5");
  b.box.put(tree + "/Makefile", makefile);
  fs::remove(b.box.offline() + "/linux-2.6.29.tar.bz2");
  b.install();
  CHECK(holds(b.box.text(tree + "/include/linux/net.h"), "net_set_get_put_page_callbacks"));
  CHECK(b.there("/boot/kernel-2.6.29-gentoo-r5"));
  CHECK(b.there("/lib/modules/2.6.29-gentoo-r5/extra/scst.ko"));
  REQUIRE(b.apply.undo(b.journal.load()->back(), "uninstall"));
  CHECK_FALSE(holds(b.box.text(tree + "/include/linux/net.h"), "net_set_get_put_page_callbacks"));
  CHECK_FALSE(b.there(tree + "/net/ipv4/tcp_zero_copy.c"));
  CHECK_FALSE(b.there(tree + "/.config"));
}

TEST_CASE("What the user changed of what make has installed is kept and named") {
  Bench b;
  b.install();
  b.box.put("/usr/local/sbin/scstadmin", "patched by hand\n");
  b.box.put("/usr/local/sbin/iscsi-helper", "of the user\n");
  const auto undone = b.apply.undo(b.journal.load()->back(), "uninstall");
  REQUIRE(undone);
  REQUIRE(undone->kept.size() == 1);
  CHECK(holds(undone->kept[0], "/usr/local/sbin/scstadmin: it was changed"));
  CHECK(b.there("/usr/local/sbin/iscsi-helper"));
  CHECK(b.there("/usr/local/bin/mine"));
}

TEST_CASE("A patch that does not fit ends the run with the root as it was") {
  Bench b;
  const auto before = b.box.snapshot();
  const Planned planned = b.box.plan(b.sys);
  // What somebody has changed in the source before us.
  const std::string patch =
      std::string(INST_TOP) + "/installer/tests/fixtures/scst-1.0.1.1/kernel/";
  CHECK(fs::exists(patch + "io_context-2.6.29.patch"));
  Plan plan = planned.plan;
  for (Step& step : plan.steps)
    if (auto* p = std::get_if<Patch>(&step.action); p != nullptr && step.id == "patch:readahead")
      p->file = "/usr/src/scst-1.0.1.1/scst-release.patch"; // no patch of a kernel
  const auto done = b.apply.run(plan);
  REQUIRE_FALSE(done);
  CHECK(holds(done.error().line(), "does not fit"));
  CHECK(b.box.snapshot() == before);
}

TEST_CASE("An archive that is not the pinned one stops the run before anything is touched") {
  Bench b;
  b.install();
  REQUIRE(b.apply.undo(b.journal.load()->back(), "uninstall"));
  const auto before = b.box.snapshot();
  fs::remove_all(b.box.base() + "/home/.cache");
  fs::copy_file(b.box.offline() + "/scstadmin-1.0.6.tar.gz",
                b.box.offline() + "/scst-1.0.1.1.tar.gz", fs::copy_options::overwrite_existing);
  const auto done = b.apply.run(b.box.plan(b.sys).plan);
  REQUIRE_FALSE(done);
  CHECK(done.error().exit == Exit::verification);
  CHECK(b.box.snapshot() == before);
}

TEST_CASE("A compiler that is too new is refused with the way out, and nothing is touched") {
  Bench b;
  b.sys.compiler = "12";
  const Planned p = b.box.plan(b.sys);
  REQUIRE(p.refusals.size() == 1);
  CHECK(p.refusals[0].exit == Exit::missing);
  CHECK(holds(refused(p), "gcc 12 is too new for Linux 2.6.29"));
  CHECK(holds(refused(p), "--toolchain DIR"));
  CHECK(holds(refused(p), "--root DIR"));
}

TEST_CASE("Archives that the folder lacks are named all at once, with where they are published") {
  Bench b;
  fs::remove(b.box.offline() + "/linux-2.6.29.tar.bz2");
  fs::remove(b.box.offline() + "/scstadmin-1.0.6.tar.gz");
  const Planned p = b.box.plan(b.sys);
  CHECK(p.refusals.size() == 2);
  CHECK(holds(refused(p), "linux-2.6.29.tar.*"));
  CHECK(holds(refused(p), "downloads.sourceforge.net/project/scst/scstadmin"));
}

TEST_CASE("A release of 1.x lets in by address, so a name is refused") {
  Bench b;
  Options options;
  options.allow = {"iqn.1993-08.org.debian:01:*"};
  const Planned p = b.box.plan(b.sys, options);
  REQUIRE(p.refusals.size() == 1);
  CHECK(p.refusals[0].exit == Exit::usage);
  CHECK(holds(refused(p), "lets initiators in by address"));
}

TEST_CASE("The init scripts are good shell, and their modules come and go in order") {
  const Bench b;
  UpstreamInit init{"1.0.1.1", "", {"scst", "scst_vdisk"}, true};
  b.box.put("/bin/scst", init_script_text(init));
  b.box.put("/bin/iscsi-scst", iscsi_init_script_text(init));
  b.box.put("/bin/modprobe", "#!/bin/sh\necho \"modprobe $*\"\n");
  b.box.put("/bin/scstadmin", "#!/bin/sh\necho \"scstadmin $*\"\n");
  for (const char* name : {"/bin/modprobe", "/bin/scstadmin"})
    fs::permissions(b.box.root() + name, fs::perms(0755));
  sys::Real real;
  const auto run = [&](const std::string& name, const std::string& verb) {
    std::string script = b.box.text("/bin/" + name);
    script.replace(script.find("PATH="), 5, "PATH=" + b.box.root() + "/bin:");
    b.box.put("/bin/" + name, script);
    const auto said = real.run({{"/bin/sh", b.box.root() + "/bin/" + name, verb}, "", {}});
    REQUIRE(said);
    CHECK(said->status == (verb == "status" ? 3 : 0));
    return said->out;
  };
  CHECK(holds(run("scst", "start"), "modprobe scst\nmodprobe scst_vdisk\n"));
  CHECK(run("scst", "stop") == "modprobe -r scst_vdisk\nmodprobe -r scst\n");
  CHECK(run("iscsi-scst", "status").empty());
}

TEST_CASE("Without --allow nobody is let in, and scst_disk is loaded only when asked for") {
  Bench b;
  Options options;
  options.modules = {"scst_disk"};
  options.init = "lsb";
  const Planned p = b.box.plan(b.sys, options);
  const auto text_of = [&](const std::string& id, std::size_t index) {
    return std::get<PutFiles>(find_step(p.plan, id)->action).files.at(index).content;
  };
  CHECK(holds(text_of("init-scripts", 0), "SCST_MODULES=\"scst scst_vdisk scst_disk\"\n"));
  CHECK(holds(text_of("init-scripts", 0), "#!/bin/sh\n"));
  const std::string allow = text_of("config:initiators.allow", 0);
  CHECK(holds(allow, "# Nobody is let in yet"));
  CHECK(allow.find('\n' + target) == std::string::npos);
}

namespace {

const std::map<std::string, std::string> core_patches{
    {"kernel/scst_exec_req_fifo-2.6.24.patch",
     "scst-1.0.1.1/kernel/scst_exec_req_fifo-2.6.29.patch"}};
const std::map<std::string, std::string> iscsi_patches{
    {"kernel/patches/put_page_callback-2.6.24.patch",
     "iscsi-scst-1.0.1.1/kernel/patches/put_page_callback-2.6.29.patch"}};

void offer_2_2_0(const UpstreamBox& box) {
  box.offer("scst-2.2.0", "scst-2.2.0.tar.gz", core_patches);
  box.offer("scstadmin-2.2.0", "scstadmin-2.2.0.tar.gz");
  box.offer("iscsi-scst-2.2.0", "iscsi-scst-2.2.0.tar.gz", iscsi_patches);
}

} // namespace

TEST_CASE("A release of 2.x is built for procfs where the kernel is too old for its sysfs") {
  Bench b;
  offer_2_2_0(b.box);
  b.box.offer_kernel("2.6.24");
  const auto before = b.box.snapshot();
  Options options;
  options.kernel = "2.6.24";
  options.stack = "2.2.0";
  options.allow = {"192.168.1.1"};
  b.install(options);
  CHECK(b.box.text("/lib/modules/2.6.24/extra/scst.ko") == "procfs\n");
  CHECK(holds(b.box.text("/usr/src/linux-2.6.24/include/linux/net.h"),
              "net_set_get_put_page_callbacks"));
  CHECK(holds(b.box.text("/etc/scst.conf"), "[HANDLER vdisk]\n"));
  CHECK(b.there("/etc/initiators.deny"));
  CHECK(b.there("/etc/runlevels/default/iscsi-scst"));
  const auto undone = b.apply.undo(b.journal.load()->back(), "uninstall");
  REQUIRE(undone);
  CHECK(undone->kept.empty());
  CHECK(b.box.snapshot() == before);
}

TEST_CASE("The same release is configured through sysfs on a kernel that is new enough") {
  Bench b;
  offer_2_2_0(b.box);
  b.box.offer_kernel("2.6.38"); // with optional patches that this archive does not hold
  Options options;
  options.kernel = "2.6.38";
  options.stack = "2.2.0";
  options.allow = {"iqn.1993-08.org.debian:01:*"};
  Planned planned = b.box.plan(b.sys, options);
  REQUIRE(refused(planned).empty());
  CHECK_FALSE(holds(ids(planned.plan), "stack-procfs"));
  std::erase_if(planned.plan.steps, [](const Step& s) { return s.id.starts_with("patch:"); });
  for (Step& step : planned.plan.steps) // its option came with a patch
    if (auto* config = std::get_if<KernelConfig>(&step.action))
      std::erase_if(config->lines,
                    [](const ConfigLine& l) { return l.symbol.starts_with("TCP_"); });
  const auto done = b.apply.run(planned.plan);
  INFO((done ? "" : done.error().line()));
  REQUIRE(done);
  CHECK(b.box.text("/lib/modules/2.6.38/extra/scst.ko") == "sysfs\n");
  CHECK(holds(b.box.text("/etc/scst.conf"), "TARGET_DRIVER iscsi {"));
  CHECK(holds(b.box.text("/etc/init.d/scst"), "SCST_MODULES=\"scst scst_vdisk iscsi_scst\"\n"));
  CHECK_FALSE(b.there("/etc/initiators.deny"));
}

TEST_CASE("A release of 3.x is one tree, its kernel is signed and wants no patch") {
  Bench b;
  b.box.offer("scst-3.9", "v3.9.tar.gz");
  b.box.offer_kernel("4.19.300");
  const auto before = b.box.snapshot();
  Options options;
  options.kernel = "4.19.300";
  b.install(options);
  for (const char* path :
       {"extra/scst.ko", "extra/dev_handlers/scst_vdisk.ko", "extra/iscsi-scst.ko"})
    CHECK(b.there(std::string("/lib/modules/4.19.300/") + path));
  CHECK(b.there("/usr/local/sbin/iscsi-scstd"));
  CHECK(holds(b.sys.read(b.box.base() + "/home/.local/state/scst/pins").value_or(""),
              "linux-4.19.300.tar.sign"));
  CHECK(holds(b.box.text("/etc/scst.conf"), "TARGET_DRIVER iscsi {"));
  REQUIRE(b.apply.undo(b.journal.load()->back(), "uninstall"));
  CHECK(b.box.snapshot() == before);
}

TEST_CASE("Fibre Channel: each port is a target, its driver is told before the initramfs is made") {
  Bench b;
  b.box.offer("scst-3.9", "v3.9.tar.gz");
  b.box.offer_kernel("4.19.300");
  b.box.fc_ports = {{"host1", "qla2xxx", "21:00:00:1b:32:ab:cd:ef", "Online", {}},
                    {"host2", "qla2xxx", "21:01:00:1b:32:ab:cd:ef", "Linkdown", {}},
                    {"host3", "fcoe", "20:00:02:00:00:00:00:01", "Online", {"sdb"}},
                    {"host4", "lpfc", "10:00:00:00:c9:00:00:01", "Online", {}}};
  const auto before = b.box.snapshot();
  Options options;
  options.kernel = "4.19.300";
  options.fc = true;
  options.allow = {"iqn.1993-08.org.debian:01:*", "0x500143800000AA01", "50:01:43:80:*"};
  const Plan plan = b.box.plan(b.sys, options).plan;
  CHECK(holds(ids(plan), "kernel-image early:scst-fibre-channel.conf "));
  CHECK(holds(fmt::format("{}", fmt::join(plan.notes, "\n")),
              "10:00:00:00:c9:00:00:01 (host4) is left out: there is no target driver for lpfc\n"));
  CHECK(holds(fmt::format("{}", fmt::join(plan.notes, "\n")), "(host2) is Linkdown now"));
  b.install(options);
  for (const char* module : {"qla2xxx_scst", "qla2x00tgt", "fcst"})
    CHECK(b.there(std::string("/lib/modules/4.19.300/extra/") + module + ".ko"));
  CHECK(holds(b.box.text("/etc/modprobe.d/scst-fibre-channel.conf"),
              "blacklist qla2xxx\noptions qla2xxx_scst qlini_mode=disabled\n"));
  CHECK(holds(b.box.text("/etc/init.d/scst"),
              "SCST_MODULES=\"scst scst_vdisk iscsi_scst qla2xxx_scst qla2x00tgt fcst\"\n"));
  const std::string group = "\t\tenabled 1\n\n\t\tGROUP allowed {\n\t\t\tLUN 0 disk0\n\n"
                            "\t\t\tINITIATOR 50:01:43:80:00:00:aa:01\n"
                            "\t\t\tINITIATOR 50:01:43:80:*\n\t\t}\n\t}\n";
  const std::string conf = b.box.text("/etc/scst.conf");
  INFO(conf);
  CHECK(holds(conf, "TARGET_DRIVER qla2x00t {\n\tTARGET 21:00:00:1b:32:ab:cd:ef {\n" + group +
                        "\n\tTARGET 21:01:00:1b:32:ab:cd:ef {\n" + group + "}\n"));
  CHECK(holds(conf, "TARGET_DRIVER fcst {\n\tTARGET 20:00:02:00:00:00:00:01 {\n" + group + "}\n"));
  CHECK(holds(conf, "\t\t\tINITIATOR iqn.1993-08.org.debian:01:*\n\t\t}\n"));
  REQUIRE(b.apply.undo(b.journal.load()->back(), "uninstall"));
  CHECK(b.box.snapshot() == before);
}

TEST_CASE("A kernel with a bad signature ends the run before it is unpacked") {
  Bench b;
  b.box.offer("scst-3.9", "v3.9.tar.gz");
  b.box.offer_kernel("4.19.300");
  REQUIRE(b.sys.write(b.box.offline() + "/linux-4.19.300.tar.sign", "bad", 0644));
  const auto before = b.box.snapshot();
  Options options;
  options.kernel = "4.19.300";
  const auto done = b.apply.run(b.box.plan(b.sys, options).plan);
  REQUIRE_FALSE(done);
  CHECK(done.error().exit == Exit::verification);
  CHECK(b.box.snapshot() == before);
}

TEST_CASE("With systemd each script gets a unit, for that kernel only") {
  const Bench b;
  UpstreamSystem sys(b.box.base());
  Options options;
  options.init = "systemd";
  const Planned p = b.box.plan(sys, options);
  const auto& units = std::get<PutFiles>(find_step(p.plan, "units")->action).files;
  REQUIRE(units.size() == 2);
  CHECK(units[0].path == "/etc/systemd/system/scst.service");
  CHECK(holds(units[0].content, "\nConditionKernelVersion=2.6.29\n"));
  CHECK(holds(units[1].content, "\nRequires=scst.service\nAfter=scst.service\n"));
  CHECK(holds(units[1].content, "\nExecStart=/usr/local/lib/scst/iscsi-scst start\n"));
  const auto& enable = std::get<Services>(find_step(p.plan, "enable-services")->action);
  CHECK(enable.names == std::vector<std::string>{"scst.service", "iscsi-scst.service"});
}

namespace {

Options framework_options() {
  Options options;
  options.kernel = "2.6.16";
  options.stack = "stgt-2006";
  options.device = "/dev/sdq";
  return options;
}

/// A Power machine with the archives at hand.
void offer_framework(UpstreamBox& box) {
  box.machine = "ppc64";
  box.offer("stgt", "use-scsi-ml-20060313.tar.gz");
  box.offer_kernel("2.6.16");
}

} // namespace

TEST_CASE("The target framework of 2006 is built with all of its patches but the sixth") {
  Bench b;
  offer_framework(b.box);
  const auto before = b.box.snapshot();
  CHECK(ids(b.box.plan(b.sys, framework_options()).plan) ==
        "fetch:linux fetch:stgt unpack:linux unpack:stgt source-link patch-set kernel-config "
        "kernel-build kernel-modules kernel-image boot-entry stack init-scripts enable-services");
  b.install(framework_options());
  const std::string tree = "/usr/src/linux-2.6.16/";
  CHECK(b.box.text(tree + "drivers/scsi/tgt_1.c") == "made by patch 1\nand by patch 7\n");
  CHECK(b.there(tree + "drivers/scsi/tgt_5.c"));
  CHECK_FALSE(b.there(tree + "drivers/scsi/none.c"));
  CHECK(b.there("/usr/src/stgt-2006/ibmvstgt.ko"));
  CHECK(b.box.text("/boot/kernel-2.6.16") == b.box.text(tree + "vmlinux"));
  CHECK(holds(b.box.text("/etc/init.d/ibmvstgt"), "/dev/sdq"));
  CHECK_FALSE(b.there("/etc/scst.conf"));
  const Planned again = b.box.plan(b.sys, framework_options());
  const auto looked = DryRun(b.sys).run(again.plan);
  REQUIRE(looked);
  for (std::size_t i = 0; i < again.plan.steps.size(); i++) {
    INFO(again.plan.steps[i].id);
    CHECK(looked->steps[i] == StepState::skipped);
  }
  const auto undone = b.apply.undo(b.journal.load()->back(), "uninstall");
  REQUIRE(undone);
  CHECK(undone->kept.empty());
  CHECK(b.box.snapshot() == before);
}

TEST_CASE("A set of patches that is not the known one ends the run with the root as it was") {
  Bench b;
  offer_framework(b.box);
  const auto before = b.box.snapshot();
  Plan plan = b.box.plan(b.sys, framework_options()).plan;
  for (Step& step : plan.steps)
    if (auto* set = std::get_if<PatchSet>(&step.action))
      set->except = {8};
  const auto done = b.apply.run(plan);
  REQUIRE_FALSE(done);
  CHECK(holds(done.error().line(), "it holds 7 patches"));
  CHECK(b.box.snapshot() == before);
}

TEST_CASE("The target framework wants a disk by name, on a machine that it is for") {
  Bench b;
  offer_framework(b.box);
  b.box.machine = "x86_64";
  Options options = framework_options();
  options.device.clear();
  const Planned p = b.box.plan(b.sys, options);
  REQUIRE(p.refusals.size() == 2);
  CHECK(holds(refused(p), "ibmvstgt is for ppc64, this machine is x86_64"));
  CHECK(holds(refused(p), "no disk is named"));
  CHECK(holds(refused(p), "--device /dev/DISK"));
  b.box.machine = "ppc64";
  options.device = "/dev/disk/by-id/$(reboot)";
  CHECK(holds(refused(b.box.plan(b.sys, options)), "cannot stand in a script"));
  options.stack.clear();
  options.device = "/dev/sdq";
  CHECK_FALSE(holds(refused(b.box.plan(b.sys, options)), "ibmvstgt"));
}

TEST_CASE("The script of the target framework finds its SCSI host and exports no disk of its own") {
  Bench b;
  offer_framework(b.box);
  Options options = framework_options();
  options.device = "/dev/null"; // is there
  options.init = "lsb";
  const Planned p = b.box.plan(b.sys, options);
  std::string script =
      std::get<PutFiles>(find_step(p.plan, "init-scripts")->action).files.at(0).content;
  for (const char* path : {"/sys/class/scsi_host", "/proc/modules", "/usr/src/stgt-2006"})
    for (std::size_t at = 0; (at = script.find(path, at)) != std::string::npos;
         at += b.box.root().size() + 1)
      script.insert(at, b.box.root());
  b.box.put("/bin/ibmvstgt", script);
  fs::copy(std::string(INST_TOP) + "/installer/tests/fixtures/stgt",
           b.box.root() + "/usr/src/stgt-2006", fs::copy_options::recursive);
  b.box.put("/sys/class/scsi_host/host0/proc_name", "ata_piix\n");
  b.box.put("/sys/class/scsi_host/host3/proc_name", "ibmvstgt\n");
  sys::Real real;
  const auto run = [&](const std::string& verb) {
    return *real.run({{"/bin/sh", b.box.root() + "/bin/ibmvstgt", verb}, "", {}});
  };
  b.box.put("/proc/modules", "scsi_tgt 1 0 - Live\nlibsrp 1 0 - Live\n");
  CHECK(run("status").status == 3);
  const sys::Output unloaded = run("start");
  CHECK(unloaded.status != 0);
  CHECK(holds(unloaded.tail, "ibmvstgt is not loaded"));
  b.box.put("/proc/modules", "scsi_tgt 1 0 - Live\nlibsrp 1 0 - Live\nibmvstgt 1 0 - Live\n");
  const sys::Output started = run("start");
  CHECK(started.status == 0);
  CHECK(holds(started.out, "initd start\nhost 3 exports /dev/null\n"));
  CHECK_FALSE(holds(started.out, "sdb1"));
  b.box.put("/usr/src/stgt-2006/ibmv", "#!/bin/sh\necho another device\n");
  const sys::Output strange = run("start");
  CHECK(strange.status != 0);
  CHECK(holds(strange.tail, "does not name /dev/sdb1"));
  CHECK_FALSE(holds(strange.out, "another device"));
}
