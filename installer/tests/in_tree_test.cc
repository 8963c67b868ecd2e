// SPDX-License-Identifier: GPL-2.0-only
// The kernel road: our own stack in the tree of a kernel. patch and make are the real ones, and so
// are the hook and our Kconfig; the kernel is the fixture of the upstream road.
#include "catch.hh"
#include "machine.hh"
#include "upstream_box.hh"

#include <filesystem>

using namespace inst;
using namespace inst::test;
namespace fs = std::filesystem;

namespace {

const std::string tree = "/usr/src/linux-6.1.192";
const std::string ours = "/usr/src/scst-3.8.0/";

/// A machine with the source package of a kernel, and with our packages.
struct Ground : UpstreamBench {
  Options options;

  Ground() {
    options.road = "kernel";
    options.kernel = "6.1";
    for (const char* path : {"/usr/bin/flex", "/usr/bin/bison", "/usr/bin/bc", "/etc/init.d/scst",
                             "/etc/init.d/iscsi-scstd"})
      box.put(path, "");
    box.install_source_package("linux-source-6.1", "6.1.192");
    box.install_packages(
        {{"scst-dkms", "3.8.0-1"}, {"scstadmin", "3.8.0-1"}, {"iscsi-scst", "3.8.0-1"}});
    fs::create_directories(box.root() + ours);
    fs::copy_file(INST_TOP "/src/Kconfig", box.root() + ours + "Kconfig");
    box.put(ours + "Kbuild", "ours\n");
    box.put(ours + "core/main.c", "int x;\n");
    box.put(ours + "compat/compat.h", "");
    // Only a tree that is prepared can be asked.
    box.put(ours + "Makefile",
            "probe:\n\ttest -e $(KDIR)/prepared\n\techo yes >compat/compat_have.h\n");
    sys.compiler = "12.2.0";
  }
  [[nodiscard]] Planned plan() { return box.plan(sys, options); }
  void install() { UpstreamBench::install(options); }
};

} // namespace

TEST_CASE("Our stack goes into the tree of a kernel as modules, and out again") {
  Ground g;
  const auto before = g.box.snapshot();
  CHECK(ids(g.plan().plan) ==
        "unpack:linux source-link stack-sources stack-hook kernel-config kernel-prepare "
        "stack-probes kernel-build kernel-modules kernel-image boot-entry state-directories "
        "backing-file starter-config modules-load enable-services");
  g.install();
  CHECK(g.box.text(tree + "/drivers/scst/core/main.c") == "int x;\n");
  CHECK(holds(g.box.text(tree + "/drivers/Kconfig"), "\nsource \"drivers/scst/Kconfig\"\n"));
  CHECK(holds(g.box.text(tree + "/drivers/Makefile"), "\nobj-$(CONFIG_SCST)\t\t+= scst/\n"));
  for (const char* line : {"CONFIG_SCST=m\n", "CONFIG_SCST_ISCSI=m\n", "CONFIG_INET=y\n"})
    CHECK(holds(g.box.text(tree + "/.config"), line));
  CHECK(g.there("/lib/modules/6.1.192/kernel/drivers/scst/scst.ko"));
  CHECK(g.there("/boot/kernel-6.1.192"));
  CHECK(holds(g.box.text("/etc/modules-load.d/scst.conf"), "\nscst\n"));
  const Planned again = g.plan();
  const auto looked = DryRun(g.sys).run(again.plan);
  REQUIRE(looked);
  for (std::size_t i = 0; i < again.plan.steps.size(); i++) {
    INFO(again.plan.steps[i].id);
    CHECK(looked->steps[i] == StepState::skipped);
  }
  const auto undone = g.apply.undo(g.journal.load()->back(), "uninstall");
  REQUIRE(undone);
  CHECK(undone->kept.empty());
  CHECK(g.box.snapshot() == before);
}

TEST_CASE("Our stack becomes a part of a kernel, from the configuration that was named") {
  Ground g;
  g.options.built_in = true;
  g.options.kernel_config = "/root/small";
  g.box.put("/root/small", "CONFIG_MODULES=y\nCONFIG_SCSI=m\nCONFIG_XFS_FS=y\n");
  g.install();
  const std::string config = g.box.text(tree + "/.config");
  INFO(config);
  for (const char* line :
       {"CONFIG_SCST=y\n", "CONFIG_SCST_LOCAL=y\n", "CONFIG_SCSI=y\n", "CONFIG_XFS_FS=y\n"})
    CHECK(holds(config, line));
  CHECK_FALSE(holds(config, "NO_SUCH_OPTION"));
  CHECK_FALSE(g.there("/lib/modules/6.1.192/kernel/drivers/scst/scst.ko"));
  CHECK_FALSE(g.there("/etc/modules-load.d/scst.conf"));
}

TEST_CASE("The newest tree of a series is taken, and one that is there before an archive") {
  Ground g;
  g.box.put("/usr/src/linux-6.1.200/Makefile",
            "VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 200\nEXTRAVERSION =\n");
  g.box.put("/usr/src/linux-6.1.200/init/main.c", "");
  CHECK(g.plan().plan.kernel == "6.1.200");
  g.options.kernel = "6.1.192";
  CHECK(g.plan().plan.kernel == "6.1.192");
}

TEST_CASE("What the kernel road lacks is said before anything is touched") {
  Ground g;
  const auto says = [&](const char* text) {
    const Planned p = g.plan();
    INFO(refused(p));
    CHECK(holds(refused(p), text));
  };
  g.options.kernel_config = "/root/none";
  says("--kernel-config /root/none: there is no such file");
  g.options.kernel_config.clear();
  g.options.kernel = "6.12";
  says("linux-source-6.12");
  g.options.kernel = "6.1";
  fs::remove_all(g.box.root() + ours);
  says("the sources of our modules are not in /usr/src/scst-VERSION");
  fs::remove(g.box.root() + "/usr/bin/flex");
  says("missing: flex");
  g.box.machine = "aarch64";
  says("kernels are not built for aarch64 yet");
  g.box.install_source_package("linux-source-5.4", "5.4.300");
  g.options.kernel = "5.4";
  says("our stack goes into kernels from 5.10");
}
