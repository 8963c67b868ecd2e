// SPDX-License-Identifier: GPL-2.0-only
// The doctor on an imitated machine: on a healthy one every check that can look finds nothing, and
// each illness is found by its own check.
#include "catalog/load.hh"
#include "catch.hh"
#include "doctor/run.hh"
#include "machine.hh"
#include "sys/fake.hh"
#include "sys/real.hh"

#include <functional>
#include <set>

using namespace inst;
using namespace inst::test;
using doctor::Verdict;

namespace {

const std::string iqn = "iqn.2026-11.lab.example.box:disk0";
const std::string build = "/usr/src/linux-headers-6.1.0-50-amd64";
const std::string sysfs = "/sys/kernel/scst_tgt";

const std::string config = "# The first one.\n"
                           "HANDLER vdisk_fileio {\n"
                           "\tDEVICE disk0 {\n"
                           "\t\tfilename /var/lib/scst/luns/disk0.img\n"
                           "\t\tnv_cache 0\n"
                           "\t}\n"
                           "}\n"
                           "TARGET_DRIVER iscsi {\n"
                           "\tenabled 1\n"
                           "\tTARGET iqn.2026-11.lab.example.box:disk0 {\n"
                           "\t\tenabled 1\n"
                           "\t\tIncomingUser joe 0123456789abcdef\n"
                           "\t\tGROUP allowed {\n"
                           "\t\t\tLUN 0 disk0\n"
                           "\t\t\tINITIATOR iqn.1993-08.org.debian:01:*\n"
                           "\t\t}\n"
                           "\t}\n"
                           "}\n";

struct Patient {
  sys::Fake sys;
  Facts facts = ready_machine();
  Catalog catalog;

  Patient() {
    sys::Real real;
    catalog = *catalog::load(real, {std::string(INST_TOP) + "/kernel-patches/catalog"});
    facts.kernels[1].version = {6, 1, 100};
    facts.scst_modules = {"scst", "scst_vdisk", "iscsi_scst"};
    facts.portal = {true, "iscsi-scstd (pid 7)"};
    facts.programs["gcc"] = "/usr/bin/gcc";
    set_config(config);
    std::string options = "CONFIG_CC_VERSION_TEXT=\"gcc-12 (Debian 12.2.0-14) 12.2.0\"\n";
    for (const KernelOption& o : catalog.options)
      options += "CONFIG_" + o.symbol + "=y\n";
    sys.file(build + "/.config", options);
    sys.file("/lib/modules/6.1.0-50-amd64/modules.dep",
             "updates/dkms/scst.ko:\nupdates/dkms/scst_vdisk.ko:\nupdates/dkms/iscsi_scst.ko:\n");
    sys.file("/lib/modules/6.1.0-50-amd64/updates/dkms/scst.ko");
    sys.link("/usr/src/linux", "linux-headers-6.1.0-50-amd64");
    for (const std::string& m : facts.scst_modules) {
      sys.file("/sys/module/" + m + "/version", "3.8.0\n");
      sys.file("/sys/module/" + m + "/srcversion", "ABCD\n");
    }
    sys.file("/sys/module/module/parameters/sig_enforce", "Y\n");
    sys.file("/etc/systemd/system/multi-user.target.wants/scst.service");
    sys.file("/var/lib/scst/luns/disk0.img", "data");
    sys.file("/var/lib/dkms/mok.pub");
    sys.file("/var/lib/dkms/mok.key", "", 0600);
    sys.dir("/var/lib/scst/dif_tags");
    sys.dir("/var/lib/scst/pr");
    sys.dir("/var/lib/scst/vdev_ident");
    sys.dir("/var/lib/scst/vdev_mode_pages");
    sys.file("/proc/7/comm", "iscsi-scstd\n");
    sys.dir(sysfs + "/devices/disk0");
    sys.dir(sysfs + "/handlers/vdisk_fileio");
    sys.file(sysfs + "/targets/iscsi/enabled", "1\n");
    sys.dir(sysfs + "/targets/iscsi/" + iqn);
    sys.file(sysfs + "/targets/iscsi/" + iqn + "/enabled", "1\n[key]\n");
    sys.programs = {"gcc", "modinfo", "dkms", "mokutil", "systemctl", "nft", "iscsiadm"};
    sys.output = {{"gcc", "12\n"},
                  {"modinfo", "ABCD\n"},
                  {"dkms", "scst/3.8.0, 6.1.0-50-amd64, x86_64: installed\n"},
                  {"mokutil", "/var/lib/dkms/mok.pub is already enrolled\n"},
                  {"systemctl", "active\n"},
                  {"nft", "chain input { type filter hook input priority 0; policy drop; tcp dport "
                          "3260 accept }\n"},
                  {"iscsiadm", "iscsiadm version 2.1.8\n"},
                  {"dmesg", "[1.0] scst: loaded\n"}};
    facts.loading.secure_boot = true;
  }

  void set_config(const std::string& text, unsigned mode = 0600) {
    facts.config = text;
    facts.has_config = true;
    sys.file("/etc/scst.conf", text, mode);
  }
  void edit_config(const std::string& from, const std::string& to) {
    std::string text = facts.config;
    REQUIRE(text.find(from) != std::string::npos);
    text.replace(text.find(from), from.size(), to);
    set_config(text);
  }
  /// Fibre Channel beside iSCSI.
  void add_qlogic() {
    set_config(config + "TARGET_DRIVER qla2x00t {\n\tTARGET 50:01:43:80:00:00:aa:01 {\n\t}\n}\n");
    facts.fc_ports = {{"host1", "qla2xxx_scst", "50:01:43:80:00:00:aa:01", "Online", {}}};
    sys.file("/sys/module/qla2xxx_scst/parameters/qlini_mode", "disabled\n");
    sys.dir(sysfs + "/targets/qla2x00t/50:01:43:80:00:00:aa:01");
  }
  doctor::Finding look(const std::string& id) {
    for (const doctor::Examined& e : doctor::examine(sys, facts, catalog))
      if (id == e.check.id)
        return e.finding;
    FAIL("no check " << id);
    return {};
  }
};

struct Illness {
  const char* id;
  Verdict verdict;
  const char* says;
  std::function<void(Patient&)> make;
};

/// One or more for every check.
std::vector<Illness> illnesses() {
  const auto edit = [](const std::string& from, const std::string& to) {
    return [=](Patient& p) { p.edit_config(from, to); };
  };
  const auto says = [](const char* program, const char* text) {
    return [=](Patient& p) { p.sys.output[program] = text; };
  };
  const std::string two =
      "\tDEVICE copy {\n\t\tfilename /var/lib/scst/luns/disk0.img\n\t}\n\tDEVICE";
  return {
      {"K01", Verdict::fault, "has no headers",
       [](Patient& p) { p.facts.kernels[0].build_tree = ""; }},
      {"K02", Verdict::note, "6.12.9-amd64 is installed",
       [](Patient& p) {
         p.facts.kernels[1].version = {6, 12, 9};
       }},
      {"K03", Verdict::warning, "leads to linux-2.6.30-gentoo-r6",
       [](Patient& p) { p.sys.link("/usr/src/linux", "linux-2.6.30-gentoo-r6"); }},
      {"K04", Verdict::warning, "built by gcc 12, this one is 13", says("gcc", "13\n")},
      {"K05", Verdict::fault, "CONFIG_INET is off",
       [](Patient& p) { p.sys.file(build + "/.config", "CONFIG_NET=y\n"); }},
      {"K06", Verdict::fault, "our stack is not for kernel 2.6.30-gentoo-r6",
       [](Patient& p) {
         p.facts.kernels[0].release = "2.6.30-gentoo-r6";
         p.facts.kernels[0].version = {2, 6, 30};
       }},
      {"K07", Verdict::note, "locked down",
       [](Patient& p) { p.facts.loading.lockdown = "integrity"; }},
      {"M01", Verdict::fault, "no module scst, scst_vdisk, iscsi_scst",
       [](Patient& p) { p.sys.file("/lib/modules/6.1.0-50-amd64/modules.dep"); }},
      {"M02", Verdict::warning, "iscsi_scst",
       [](Patient& p) { p.sys.file("/sys/module/iscsi_scst/srcversion", "OLD\n"); }},
      {"M03", Verdict::fault, "scst_vdisk 3.7.0",
       [](Patient& p) { p.sys.file("/sys/module/scst_vdisk/version", "3.7.0\n"); }},
      {"M04", Verdict::warning, "extra/scst.ko; updates/dkms/scst.ko",
       [](Patient& p) { p.sys.file("/lib/modules/6.1.0-50-amd64/extra/scst.ko"); }},
      {"M05", Verdict::fault, "built nothing for kernel 6.1.0-50-amd64",
       says("dkms", "scst/3.8.0, 6.1.0-49-amd64, x86_64: installed\n")},
      {"M06", Verdict::warning, "/usr/local/sbin/scstadmin",
       [](Patient& p) {
         p.sys.file("/usr/sbin/scstadmin");
         p.sys.file("/usr/local/sbin/scstadmin");
       }},
      {"M06", Verdict::warning, "extra/dev_handlers/scst_vdisk.ko",
       [](Patient& p) {
         p.sys.file("/lib/modules/6.1.0-50-amd64/extra/dev_handlers/scst_vdisk.ko");
       }},
      {"S01", Verdict::fault, "is not signed", says("modinfo", "")},
      {"S02", Verdict::fault, "mok.pub is not enrolled",
       says("mokutil", "/var/lib/dkms/mok.pub is not enrolled\n")},
      {"S03", Verdict::warning, "mode 644",
       [](Patient& p) { p.sys.file("/var/lib/dkms/mok.key", "key", 0644); }},
      {"L01", Verdict::fault, "sqatgt: Missing parameter node_name",
       says("dmesg", "[1.0] x\n[2.0] sqatgt: Missing parameter node_name\n")},
      {"L02", Verdict::fault, "disagrees",
       says("dmesg", "[2.0] scst: disagrees about version of symbol module_layout\n")},
      {"L03", Verdict::warning, "LUN 0 not found",
       says("dmesg", "[2.0] scst: tgt_dev for LUN 0 not found, command to unexisting LU?\n")},
      {"I01", Verdict::warning, "not started at boot",
       [](Patient& p) {
         p.sys.nodes.erase("/etc/systemd/system/multi-user.target.wants/scst.service");
       }},
      {"I02", Verdict::warning, "both start",
       [](Patient& p) { p.sys.file("/etc/runlevels/default/scst"); }},
      {"I03", Verdict::fault, "its modules are not loaded",
       [](Patient& p) { p.facts.scst_modules.clear(); }},
      {"I04", Verdict::fault, "/etc/init.d/scst",
       [](Patient& p) {
         p.sys.file("/etc/init.d/scst", "#!/bin/sh\n. /lib/lsb/init-functions\n");
       }},
      {"I05", Verdict::fault, "iscsi-scstd does not run",
       [](Patient& p) { p.sys.nodes.erase("/proc/7/comm"); }},
      {"I06", Verdict::warning, "iscsiadm 1.0-485 is older",
       says("iscsiadm", "iscsiadm version 1.0-485\n")},
      {"I06", Verdict::warning, "iscsiadm 2.0-754 is older",
       says("iscsiadm", "iscsiadm version 2.0-754\n")},
      {"N01", Verdict::fault, "taken by tgtd (pid 3)",
       [](Patient& p) { p.facts.portal.owner = "tgtd (pid 3)"; }},
      {"N01", Verdict::warning, "nothing listens",
       [](Patient& p) { p.facts.portal.taken = false; }},
      {"N02", Verdict::warning, "LIO serves",
       [](Patient& p) {
         p.facts.conflicts = {{"LIO serves targets", "Clear it."}};
       }},
      {"N03", Verdict::warning, "nft drop",
       says("nft", "chain input { type filter hook input priority 0; policy drop; }\n")},
      {"C01", Verdict::warning, "is empty: no handler is loaded",
       [](Patient& p) { p.set_config("# nothing yet\n"); }},
      {"C01", Verdict::warning, "there is no /etc/scst.conf",
       [](Patient& p) { p.facts.has_config = false; }},
      {"C02", Verdict::fault, "line 8: TARGET_DRIVER iscsi { is never closed",
       [](Patient& p) { p.set_config(config.substr(0, config.size() - 2)); }},
      {"C02", Verdict::fault, "line 1: a } without its {", [](Patient& p) { p.set_config("}\n"); }},
      {"C03", Verdict::fault, "grammar of SCST 1.x",
       [](Patient& p) { p.set_config("[HANDLER vdisk]\nDEVICE d,/dev/sdb,,512\n"); }},
      {"C04", Verdict::fault, "disk0: /nowhere is not there",
       edit("/var/lib/scst/luns/disk0.img", "/nowhere")},
      {"C05", Verdict::fault, "mounted on /data",
       [](Patient& p) {
         p.sys.file("/dev/sdb");
         p.sys.nodes["/dev/sdb"] = {sys::FileType::block, "", 0660, 0x810};
         p.sys.file("/proc/self/mountinfo", "36 35 8:16 / /data rw - ext4 /dev/sdb rw\n");
         p.edit_config("/var/lib/scst/luns/disk0.img", "/dev/sdb");
       }},
      {"C06", Verdict::fault, "copy and disk0 both serve", edit("\tDEVICE", two)},
      {"C07", Verdict::warning, "/dev/sdb may be another",
       edit("/var/lib/scst/luns/disk0.img", "/dev/sdb")},
      {"C08", Verdict::warning, "group allowed of ", edit("LUN 0", "LUN 1")},
      {"C09", Verdict::fault, "LUN 0 twice",
       edit("LUN 0 disk0\n", "LUN 0 disk0\n\t\t\tLUN 0 disk0\n")},
      {"C10", Verdict::fault, "names the device 'disk9'", edit("LUN 0 disk0", "LUN 0 disk9")},
      {"C11", Verdict::warning, "target IQN.2026", edit("TARGET iqn.2026", "TARGET IQN.2026")},
      {"C12", Verdict::warning, "the secret has 6 bytes", edit("0123456789abcdef", "secret")},
      {"C13", Verdict::warning, "disk0 has nv_cache 1", edit("nv_cache 0", "nv_cache 1")},
      {"C14", Verdict::warning, "shows its LUNs to every",
       edit("\t\tIncomingUser joe 0123456789abcdef\n", "\t\tLUN 0 disk0\n")},
      {"C15", Verdict::note, "/etc/initiators.deny",
       [](Patient& p) { p.sys.file("/etc/initiators.deny", "ALL ALL\n"); }},
      {"C16", Verdict::warning, "mode 644", [](Patient& p) { p.set_config(config, 0644); }},
      {"D01", Verdict::warning, "device disk0 is configured, not served",
       [](Patient& p) { p.sys.nodes.erase(sysfs + "/devices/disk0"); }},
      {"D01", Verdict::warning, "target iqn.x is served, not configured",
       [](Patient& p) { p.sys.dir(sysfs + "/targets/iscsi/iqn.x"); }},
      {"D02", Verdict::warning, "target iqn.2026-11",
       [](Patient& p) { p.sys.file(sysfs + "/targets/iscsi/" + iqn + "/enabled", "0\n"); }},
      {"D03", Verdict::fault, "HANDLER vdisk_fileio",
       [](Patient& p) { p.sys.nodes.erase(sysfs + "/handlers/vdisk_fileio"); }},
      {"P01", Verdict::warning, "/var/lib/scst/pr is missing",
       [](Patient& p) { p.sys.nodes.erase("/var/lib/scst/pr"); }},
      {"P02", Verdict::warning, "disk0: 1 MiB are free", [](Patient& p) { p.sys.space = 1 << 20; }},
      {"F01", Verdict::fault, "qla2xxx_scst has qlini_mode enabled",
       [](Patient& p) {
         p.add_qlogic();
         p.sys.file("/sys/module/qla2xxx_scst/parameters/qlini_mode", "enabled\n");
       }},
      {"F02", Verdict::fault, "no port here is 50:01",
       [](Patient& p) {
         p.add_qlogic();
         p.facts.fc_ports[0].name = "50:01:43:80:00:00:aa:02";
       }},
      {"F03", Verdict::warning, "(host1) is Linkdown",
       [](Patient& p) {
         p.add_qlogic();
         p.facts.fc_ports[0].state = "Linkdown";
       }},
      {"U01", Verdict::note, "without root", [](Patient& p) { p.facts.is_root = false; }},
  };
}

} // namespace

TEST_CASE("On a healthy machine all checks look, and find nothing") {
  Patient p;
  p.add_qlogic();
  for (const doctor::Examined& e : doctor::examine(p.sys, p.facts, p.catalog)) {
    INFO(e.check.id << ": " << e.finding.what);
    CHECK(e.finding.verdict == Verdict::good);
  }
}

TEST_CASE("Each illness is found by its own check, with a way out") {
  for (const Illness& illness : illnesses()) {
    Patient p;
    illness.make(p);
    const doctor::Finding finding = p.look(illness.id);
    INFO(illness.id << ": " << finding.what);
    CHECK(finding.verdict == illness.verdict);
    CHECK(holds(finding.what, illness.says));
    CHECK_FALSE(finding.hint.empty());
  }
}

TEST_CASE("Every check has an illness that it finds, an id of its own, and an explanation") {
  std::set<std::string> tried;
  for (const Illness& illness : illnesses())
    tried.insert(illness.id);
  std::set<std::string> ids;
  for (const doctor::Check& check : doctor::all_checks()) {
    INFO(check.id);
    CHECK(ids.insert(check.id).second);
    CHECK(tried.contains(check.id));
    CHECK(holds(doctor::explanation(check.id), check.why));
  }
  CHECK(ids.size() >= 30);
  CHECK(doctor::explanation("X99").empty());
}

TEST_CASE("The line that a target driver misses is named as it goes into scst.conf") {
  Patient p;
  p.sys.output["dmesg"] = "[2.0] sqatgt: Missing parameter node_name\n";
  CHECK(holds(p.look("L01").hint, "'node_name VALUE' into the TARGET section"));
}

TEST_CASE("Fixing puts right what can be, says so, and is found to have worked") {
  Patient p;
  p.add_qlogic();
  p.sys.file("/var/lib/dkms/mok.key", "key", 0644);
  p.sys.file("/sys/module/qla2xxx_scst/parameters/qlini_mode", "enabled\n");
  p.set_config(p.facts.config, 0644);
  p.sys.nodes.erase("/var/lib/scst/pr");
  const auto all = doctor::examine(p.sys, p.facts, p.catalog);
  const auto done = doctor::fix(p.sys, p.facts, p.catalog, all);
  CHECK(done.size() == 4);
  for (const char* id : {"S03", "C16", "P01"})
    CHECK(p.look(id).verdict == Verdict::good);
  CHECK(p.sys.read("/var/lib/dkms/mok.key").value_or("") == "key");
  CHECK(p.sys.read("/etc/modprobe.d/scst-fibre-channel.conf").value_or("") ==
        "options qla2xxx_scst qlini_mode=disabled\n");
  CHECK(p.sys.stat("/var/lib/scst/pr").mode == 0700);
}

TEST_CASE("Looking changes nothing") {
  Patient p;
  doctor::examine(p.sys, p.facts, p.catalog);
  CHECK(p.sys.changes.empty());
}

TEST_CASE("The worst finding decides the exit code, and all are in the JSON") {
  Patient p;
  CHECK(doctor::exit_of(doctor::examine(p.sys, p.facts, p.catalog)) == Exit::ok);
  p.edit_config("nv_cache 0", "nv_cache 1");
  CHECK(doctor::exit_of(doctor::examine(p.sys, p.facts, p.catalog)) == Exit::partial);
  p.facts.kernels[0].build_tree = "";
  const auto all = doctor::examine(p.sys, p.facts, p.catalog);
  CHECK(doctor::exit_of(all) == Exit::verification);
  const auto json = doctor::json_of(all);
  CHECK(json["schema"] == 1);
  CHECK(json["checks"].size() == all.size());
  CHECK(json["checks"][0]["verdict"] == "fault");
  CHECK(holds(doctor::text_of(all), "C13 warning: disk0 has nv_cache 1"));
}

TEST_CASE("Without a running system only files are judged") {
  Patient p;
  p.facts.root = "/srv/image";
  std::size_t skipped = 0;
  for (const doctor::Examined& e : doctor::examine(p.sys, p.facts, p.catalog))
    skipped += e.finding.verdict == Verdict::skipped ? 1 : 0;
  CHECK(skipped >= 10);
  CHECK(p.sys.runs.empty());
}
