// SPDX-License-Identifier: GPL-2.0-only
// From the files of a boot loader to the entry, its trial, its confirmation and back, on an
// imitated machine whose programs of GRUB do what the real ones do to files.
#include "apply/actions.hh"
#include "apply/journal.hh"
#include "catch.hh"
#include "commands.hh"
#include "facts/gather.hh"
#include "machine.hh"
#include "plan/builder.hh"
#include "sys/fake.hh"

#include <fmt/format.h>
#include <sstream>

using namespace inst;
using namespace inst::test;

namespace {

const std::string env_head = "# GRUB Environment Block\n";

/// Knows grub-mkconfig and grub-editenv.
class BootMachine final : public sys::Fake {
public:
  std::vector<std::string> inputs;
  bool broken_mkconfig = false;

  Result<sys::Output> run(const sys::Command& command) override {
    if (!command.input.empty())
      inputs.push_back(command.input);
    const std::string& program = command.argv[0];
    if (program.ends_with("mkconfig") && !broken_mkconfig)
      file(command.argv.at(2), cfg_of_kernels());
    if (program.ends_with("editenv"))
      edit(command.argv);
    if (program == "update-initramfs") {
      const std::string path = "/boot/initrd.img-" + command.argv.at(3);
      if (command.argv[1] == "-c")
        file(path, "initramfs");
      else
        nodes.erase(path);
    }
    return Fake::run(command);
  }

  /// One entry for each kernel in /boot, the newest first and as the simple one.
  std::string cfg_of_kernels() {
    const bool saved = holds(read("/etc/default/grub").value_or(""), "GRUB_DEFAULT=saved");
    std::string simple;
    std::string all;
    for (const std::string& name : list("/boot")) {
      if (!name.starts_with("vmlinuz-"))
        continue;
      const std::string release = name.substr(8);
      const std::string body = fmt::format("{{\n\tlinux /boot/{} root=/dev/sda1\n}}\n", name);
      simple = "menuentry 'Debian' $menuentry_id_option 'gnulinux-simple-ab' " + body;
      all += fmt::format("menuentry 'Debian, with Linux {0}' $menuentry_id_option "
                         "'gnulinux-{0}-advanced-ab' {1}",
                         release, body);
    }
    return std::string("set default=\"") + (saved ? "${saved_entry}" : "0") + "\"\n" + simple +
           "submenu 'Advanced' $menuentry_id_option 'gnulinux-advanced-ab' {\n" + all + "}\n";
  }

private:
  void edit(const std::vector<std::string>& argv) {
    std::map<std::string, std::string> values;
    std::istringstream old(read(argv.at(1)).value_or(""));
    for (std::string line; std::getline(old, line);)
      if (const std::size_t at = line.find('='); at != std::string::npos)
        values[line.substr(0, at)] = line.substr(at + 1);
    for (std::size_t i = 3; i < argv.size(); i++) {
      const std::size_t at = argv[i].find('=');
      values.erase(argv[i].substr(0, at));
      if (argv[2] == "set")
        values[argv[i].substr(0, at)] = argv[i].substr(at + 1);
    }
    std::string text = env_head;
    for (const auto& [name, value] : values)
      text += fmt::format("{}={}\n", name, value);
    file(argv.at(1), text);
  }
};

struct Bench {
  BootMachine sys;
  Context ctx{sys, "", "/state", "/log", {}, false};
  Planned planned;

  Bench() {
    sys.release = "6.1.0-50-amd64";
    sys.file("/usr/lib/os-release", "ID=debian\n");
    sys.file("/boot/vmlinuz-6.1.0-50-amd64");
    sys.dir("/lib/modules/6.1.0-50-amd64");
    sys.dir("/state");
  }
  void grub2() {
    sys.programs = {"grub-mkconfig"};
    sys.file("/etc/default/grub", "GRUB_DEFAULT=0\nGRUB_TIMEOUT=5\n");
    sys.file("/boot/grub/grubenv", env_head);
    sys.file("/boot/grub/grub.cfg", sys.cfg_of_kernels());
    sys.file("/boot/vmlinuz-2.6.29", "new");
  }
  BootEntry entry() {
    const auto facts = facts::gather(sys, {.data_dir = "/data", .build = true});
    REQUIRE(facts);
    Catalog catalog = some_catalog();
    catalog.initramfs.push_back({"u",
                                 "update-initramfs",
                                 {},
                                 "/boot/initrd.img-{release}",
                                 {"update-initramfs", "-c", "-k", "{release}"},
                                 {"update-initramfs", "-d", "-k", "{release}"}});
    const Options options;
    planning::Builder b{*facts, catalog, options, {}};
    planning::plan_boot(b, {"2.6.29", "/usr/src/linux-2.6.29", "/boot/vmlinuz-2.6.29"});
    planned = b.out;
    const Step* step = find_step(planned.plan, "boot-entry");
    return step == nullptr ? BootEntry{} : std::get<BootEntry>(step->action);
  }
  std::string text(const std::string& path) { return sys.read(path).value_or("(none)"); }
  /// Entry made and taken back, with something done in between: is all as it was?
  template <class Between> void there_and_back(Between between) {
    const auto old = contents();
    const BootEntry e = entry();
    const auto was = before(ctx, Action(e));
    const auto done = perform(ctx, Action(e), was);
    INFO((done ? "" : done.error().line()));
    REQUIRE(done);
    CHECK(is_done(ctx, Action(e)));
    between(e);
    CHECK(is_done(ctx, Action(e)));
    const auto undone = undo(ctx, Action(e), was);
    REQUIRE(undone);
    CHECK(*undone == Kept{});
    CHECK(contents() == old);
  }
  std::map<std::string, std::string> contents() {
    std::map<std::string, std::string> out;
    for (const auto& [path, node] : sys.nodes)
      if (node.type == sys::FileType::regular)
        out[path] = node.content;
    return out;
  }
};

} // namespace

TEST_CASE("GRUB 2 keeps the kernel that it boots as the default and boots the new one once") {
  Bench b;
  b.grub2();
  b.there_and_back([&](const BootEntry& e) {
    CHECK(b.text("/etc/default/grub") == "GRUB_DEFAULT=saved\nGRUB_TIMEOUT=5\n");
    CHECK(b.text("/boot/grub/grubenv") ==
          env_head + "next_entry=gnulinux-advanced-ab>gnulinux-2.6.29-advanced-ab\n"
                     "saved_entry=gnulinux-advanced-ab>gnulinux-6.1.0-50-amd64-advanced-ab\n");
    CHECK(holds(b.text("/boot/grub/grub.cfg"), "'gnulinux-2.6.29-advanced-ab'"));
    // GRUB clears it, and the kernel is confirmed.
    b.sys.file("/boot/grub/grubenv",
               env_head + "saved_entry=gnulinux-advanced-ab>gnulinux-6.1.0-50-amd64-advanced-ab\n");
    REQUIRE(confirm(b.ctx, e));
    CHECK(b.text("/boot/grub/grubenv") ==
          env_head + "saved_entry=gnulinux-advanced-ab>gnulinux-2.6.29-advanced-ab\n");
  });
}

TEST_CASE("A second plan for GRUB 2 finds the entry made") {
  Bench b;
  b.grub2();
  const BootEntry e = b.entry();
  REQUIRE(perform(b.ctx, Action(e), before(b.ctx, Action(e))));
  CHECK(is_done(b.ctx, Action(b.entry())));
}

TEST_CASE("A menu of GRUB 2 that was made anew meanwhile stays, with the way to the right one") {
  Bench b;
  b.grub2();
  const BootEntry e = b.entry();
  const auto was = before(b.ctx, Action(e));
  REQUIRE(perform(b.ctx, Action(e), was));
  b.sys.file("/boot/grub/grub.cfg", b.text("/boot/grub/grub.cfg") + "# another kernel\n");
  const auto undone = undo(b.ctx, Action(e), was);
  REQUIRE(undone);
  REQUIRE(undone->size() == 1);
  CHECK(holds(undone->front(), "grub-mkconfig -o /boot/grub/grub.cfg"));
  CHECK(holds(b.text("/boot/grub/grub.cfg"), "# another kernel"));
}

TEST_CASE("A menu without the kernel is an error, not an entry") {
  Bench b;
  b.grub2();
  b.sys.broken_mkconfig = true;
  const BootEntry e = b.entry();
  const auto was = before(b.ctx, Action(e));
  const auto done = perform(b.ctx, Action(e), was);
  REQUIRE_FALSE(done);
  CHECK(holds(done.error().line(), "did not give kernel 2.6.29 an entry"));
  REQUIRE(undo(b.ctx, Action(e), was));
  CHECK(b.text("/etc/default/grub") == "GRUB_DEFAULT=0\nGRUB_TIMEOUT=5\n");
}

TEST_CASE("Without grub-mkconfig, or with no boot loader, the entry is left to the user by name") {
  Bench b;
  b.grub2();
  b.sys.programs.clear();
  CHECK(b.entry().loader.empty());
  CHECK(holds(b.planned.plan.notes.back(), "there is no grub-mkconfig"));
  CHECK(holds(b.planned.plan.notes.back(), "by hand"));
  b.sys.nodes.erase("/boot/grub/grub.cfg");
  CHECK(b.entry().loader.empty());
  CHECK(holds(b.planned.plan.notes.back(), "no boot loader that scst-install knows"));
}

TEST_CASE("Entry files of GRUB 2 get one more, tried once through its block of variables") {
  Bench b;
  b.sys.programs = {"grub2-mkconfig"};
  b.sys.file("/boot/grub2/grub.cfg", "insmod blscfg\nblscfg\n");
  b.sys.file("/boot/grub2/grubenv", env_head + "saved_entry=abc-6.1.0-50-amd64\n");
  b.sys.file("/boot/loader/entries/abc-6.1.0-50-amd64.conf",
             "title R\nversion 6.1.0-50-amd64\nlinux /vmlinuz-6.1.0-50-amd64\noptions root=x\n");
  b.sys.file("/boot/loader/entries/abc-0-rescue.conf",
             "title R\nversion 0-rescue\nlinux /vmlinuz-0-rescue\n");
  b.there_and_back([&](const BootEntry& e) {
    CHECK(b.text("/boot/loader/entries/abc-2.6.29.conf") ==
          "title Linux 2.6.29 with SCST\nversion 2.6.29\nlinux /vmlinuz-2.6.29\noptions root=x\n");
    CHECK(b.text("/boot/grub2/grubenv") ==
          env_head + "next_entry=abc-2.6.29\nsaved_entry=abc-6.1.0-50-amd64\n");
    REQUIRE(confirm(b.ctx, e));
    CHECK(holds(b.text("/boot/grub2/grubenv"), "saved_entry=abc-2.6.29\n"));
  });
}

TEST_CASE("systemd-boot has one try counted, and forgets the count when it is confirmed") {
  Bench b;
  b.sys.programs = {"bootctl"};
  b.sys.file("/efi/EFI/systemd/systemd-bootx64.efi");
  b.sys.file("/efi/loader/loader.conf", "timeout 3\n");
  b.sys.file("/efi/loader/entries/arch.conf", "title A\nlinux /vmlinuz-linux\noptions root=x\n");
  b.there_and_back([&](const BootEntry& e) {
    CHECK(holds(ids(b.planned.plan), "boot-files boot-entry"));
    CHECK(b.sys.nodes.contains("/efi/loader/entries/scst-2.6.29+1.conf"));
    CHECK(b.text("/efi/loader/loader.conf") == "timeout 3\ndefault arch.conf\n");
    CHECK(b.sys.runs.back() == "bootctl set-oneshot scst-2.6.29.conf");
    // The loader counts the try.
    REQUIRE(b.sys.rename("/efi/loader/entries/scst-2.6.29+1.conf",
                         "/efi/loader/entries/scst-2.6.29+0-1.conf"));
    CHECK(is_done(b.ctx, Action(e)));
    REQUIRE(confirm(b.ctx, e));
    CHECK(b.sys.nodes.contains("/efi/loader/entries/scst-2.6.29.conf"));
    CHECK_FALSE(b.sys.nodes.contains("/efi/loader/entries/scst-2.6.29+0-1.conf"));
    CHECK(b.text("/efi/loader/loader.conf") == "timeout 3\ndefault scst-2.6.29.conf\n");
  });
}

TEST_CASE("extlinux is told to boot the label once") {
  Bench b;
  b.sys.programs = {"extlinux"};
  b.sys.file("/boot/extlinux/extlinux.conf", "DEFAULT l0\nLABEL l0\n\tLINUX /vmlinuz-6.1\n");
  b.there_and_back([&](const BootEntry& e) {
    CHECK(b.sys.runs.back() == "extlinux --once=scst-2.6.29 /boot/extlinux");
    REQUIRE(confirm(b.ctx, e));
    CHECK(b.text("/boot/extlinux/extlinux.conf").starts_with("DEFAULT scst-2.6.29\n"));
  });
}

TEST_CASE("GRUB legacy saves which entry is next, and writes to that file itself") {
  Bench b;
  b.sys.programs = {"grub-set-default"};
  b.sys.file("/boot/grub/menu.lst", "default 0\n\ntitle L\nkernel /vmlinuz-6.1 ro\n");
  b.there_and_back([&](const BootEntry& e) {
    CHECK(b.text("/boot/grub/default").starts_with("1\n#\n"));
    CHECK(b.text("/boot/grub/menu.lst").ends_with("kernel /vmlinuz-2.6.29 ro\nsavedefault 0\n"));
    b.sys.file("/boot/grub/default", "0\n" + b.text("/boot/grub/default").substr(2));
    CHECK(is_done(b.ctx, Action(e)));
    REQUIRE(confirm(b.ctx, e));
    CHECK(holds(b.text("/boot/grub/menu.lst"), "default 1\n"));
  });
}

TEST_CASE("Red Hat's GRUB legacy is told through its own shell") {
  Bench b;
  b.sys.programs = {"grub"};
  b.sys.file("/boot/grub/grub.conf",
             "default=0\n\ntitle L\nroot (hd0,0)\nkernel /vmlinuz-6.1 ro\n");
  b.there_and_back([&](const BootEntry& e) {
    CHECK(b.sys.inputs.back() == "savedefault --default=1 --once\nquit\n");
    CHECK(b.text("/boot/grub/grub.conf").starts_with("default=0\n"));
    REQUIRE(confirm(b.ctx, e));
    CHECK(holds(b.text("/boot/grub/grub.conf"), "default 1\n"));
  });
}

TEST_CASE("A loader that cannot be told what to boot once leaves that to the user") {
  Bench b;
  b.sys.programs = {"extlinux"};
  b.sys.file("/boot/extlinux/extlinux.conf", "DEFAULT l0\nLABEL l0\n\tLINUX /vmlinuz-6.1\n");
  b.sys.exit_status["extlinux"] = 1;
  std::vector<std::string> said;
  b.ctx.say = [&](const std::string& text) { said.push_back(text); };
  const BootEntry e = b.entry();
  const auto was = before(b.ctx, Action(e));
  REQUIRE(perform(b.ctx, Action(e), was));
  CHECK(is_done(b.ctx, Action(e)));
  REQUIRE(said.size() == 1);
  CHECK(holds(said[0], "choose 2.6.29 in the boot menu yourself"));
  const auto undone = undo(b.ctx, Action(e), was);
  REQUIRE(undone);
  REQUIRE(undone->size() == 1); // it is said, and the rest is undone
  CHECK(b.text("/boot/extlinux/extlinux.conf") == "DEFAULT l0\nLABEL l0\n\tLINUX /vmlinuz-6.1\n");
}

TEST_CASE("A GRUB 2 whose default cannot be kept is an error") {
  Bench b;
  b.grub2();
  b.sys.exit_status["grub-editenv"] = 1;
  const BootEntry e = b.entry();
  CHECK_FALSE(perform(b.ctx, Action(e), before(b.ctx, Action(e))));
}

TEST_CASE("A menu that the user has changed since is neither confirmed nor undone") {
  Bench b;
  b.sys.file("/boot/grub/menu.lst", "default 0\n\ntitle L\nkernel /vmlinuz-6.1 ro\n");
  const BootEntry e = b.entry();
  const auto was = before(b.ctx, Action(e));
  REQUIRE(perform(b.ctx, Action(e), was));
  b.sys.file("/boot/grub/menu.lst", b.text("/boot/grub/menu.lst") + "title mine\n");
  const auto confirmed = confirm(b.ctx, e);
  REQUIRE_FALSE(confirmed);
  CHECK(holds(confirmed.error().line(), "it was changed since"));
  CHECK(holds(confirmed.error().hint, "by hand"));
  const auto undone = undo(b.ctx, Action(e), was);
  REQUIRE(undone);
  REQUIRE(undone->size() == 1);
  CHECK(holds(b.text("/boot/grub/menu.lst"), "title mine"));
}

TEST_CASE("The initramfs is made by the distribution's program, named in the entry, and removed") {
  Bench b;
  b.sys.programs = {"update-initramfs"};
  b.sys.file("/boot/grub/menu.lst", "title L\nkernel /vmlinuz-6.1 ro\n");
  const BootEntry e = b.entry();
  CHECK(holds(e.files[0].text, "\ninitrd /initrd.img-2.6.29\n"));
  const Action made = find_step(b.planned.plan, "initramfs")->action;
  CHECK_FALSE(is_done(b.ctx, made));
  REQUIRE(perform(b.ctx, made, before(b.ctx, made)));
  CHECK(b.sys.runs.back() == "update-initramfs -c -k 2.6.29");
  CHECK(is_done(b.ctx, made));
  REQUIRE(undo(b.ctx, made, {}));
  CHECK_FALSE(b.sys.nodes.contains("/boot/initrd.img-2.6.29"));
  b.sys.programs.clear();
  b.entry();
  CHECK(holds(b.planned.plan.notes.front(), "no initramfs is made"));
}

TEST_CASE("Only the kernel that runs is confirmed, and only by root") {
  BootMachine sys;
  std::string out;
  std::string err;
  const Terminal terminal{
      [&](const std::string& t) { out += t; }, [&](const std::string& t) { err += t; }, {}};
  Cli cli;
  cli.verb = "confirm";
  CHECK(run_command(sys, terminal, cli) == 0);
  CHECK(holds(out, "confirm: nothing to do"));
  Run run;
  run.number = 1;
  run.plan.state_dir = "/var/lib/scst-install";
  run.plan.road = "upstream";
  BootEntry entry;
  entry.loader = "extlinux";
  entry.release = "2.6.29";
  entry.files = {{"/boot/extlinux.conf", "DEFAULT a\n"}};
  entry.chosen = {{"/boot/extlinux.conf", "DEFAULT b\n"}};
  run.plan.steps = {{"boot-entry", "add it", "", {}, entry}};
  run.steps.resize(1);
  Journal journal(sys, run.plan.state_dir);
  REQUIRE(journal.start(run));
  REQUIRE(journal.step(run, 0, StepState::begun));
  REQUIRE(journal.step(run, 0, StepState::done));
  REQUIRE(journal.end(run));
  sys.file("/boot/extlinux.conf", "DEFAULT a\n");
  sys.release = "6.1.0-50-amd64";
  CHECK(run_command(sys, terminal, cli) == static_cast<int>(Exit::kernel));
  CHECK(holds(err, "this kernel does not run, 6.1.0-50-amd64 does"));
  CHECK(sys.read("/boot/extlinux.conf").value_or("") == "DEFAULT a\n");
  sys.release = "2.6.29";
  CHECK(run_command(sys, terminal, cli) == 0);
  CHECK(sys.read("/boot/extlinux.conf").value_or("") == "DEFAULT b\n");
  sys.root = false;
  CHECK(run_command(sys, terminal, cli) == static_cast<int>(Exit::privilege));
}
