// SPDX-License-Identifier: GPL-2.0-only
// How a kernel that was built gets booted: its initramfs and its boot entry. What is booted by
// default stays until the new kernel is confirmed. Pure.
#include "plan/boot_menu.hh"
#include "plan/builder.hh"

#include <algorithm>
#include <fmt/format.h>

namespace inst::planning {
namespace {

using Argv = std::vector<std::string>;

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

std::string name_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

/// The one for this family of distributions before the one for all.
const InitramfsTool* initramfs_tool(const Builder& b) {
  for (const InitramfsTool& tool : b.catalog.initramfs)
    if (b.facts.programs.contains(tool.program) &&
        (tool.families.empty() || b.is_of(tool.families)))
      return &tool;
  return nullptr;
}

class Boot {
public:
  Boot(Builder& b, BuiltKernel kernel)
      : b_(b), loader_(b.facts.build.boot), kernel_(std::move(kernel)) {}

  void plan() {
    new_.release = kernel_.release;
    new_.image = name_of(kernel_.image);
    plan_initramfs();
    plan_copies();
    BootEntry entry;
    entry.loader = loader_.kind;
    entry.release = kernel_.release;
    if (!fill(entry)) {
      b_.note(fmt::format("{}: give kernel {} its boot entry by hand", obstacle_, kernel_.release));
      return;
    }
    std::vector<std::string> touches;
    for (const BootFile& f : entry.files)
      touches.push_back(f.path);
    if (!entry.menu.empty())
      touches.push_back(entry.menu);
    if (!loader_.environment.empty())
      touches.push_back(loader_.environment);
    const bool once = !entry.once.empty() || changes(entry);
    b_.add(
        "boot-entry", fmt::format("add {} to the boot menu", kernel_.release),
        fmt::format("{} stays the default{}", old_,
                    once ? fmt::format("; the next boot, and only that, is of {}", kernel_.release)
                         : ""),
        std::move(touches), std::move(entry));
    b_.note(once ? fmt::format("after a boot of {} 'scst-install confirm' makes it the default",
                               kernel_.release)
                 : fmt::format("choose {} in the boot menu; 'scst-install confirm' makes it the "
                               "default then",
                               kernel_.release));
  }

private:
  [[nodiscard]] bool has(const std::string& program) const {
    return b_.facts.programs.contains(program);
  }
  static bool changes(const BootEntry& entry) {
    return std::any_of(entry.files.begin(), entry.files.end(),
                       [](const BootFile& f) { return f.changes; });
  }

  [[nodiscard]] std::string filled(const std::string& text, const std::string& file) const {
    return replaced(replaced(replaced(text, "{release}", kernel_.release), "{file}", file),
                    "{tree}", kernel_.tree);
  }
  [[nodiscard]] Argv filled(const Argv& words, const std::string& file) const {
    Argv out;
    for (const std::string& word : words)
      out.push_back(filled(word, file));
    return out;
  }

  void plan_initramfs() {
    const InitramfsTool* tool = initramfs_tool(b_);
    if (tool == nullptr) {
      plan_early("", {});
      b_.note("no initramfs is made, for there is no program that makes one: the driver of the "
              "root disk must be built into the kernel");
      return;
    }
    const std::string file = filled(tool->file, "");
    new_.initramfs = name_of(file);
    initramfs_ = file;
    plan_early(file, filled(tool->refresh.empty() ? tool->make : tool->refresh, file));
    b_.add("initramfs", "make the initramfs with " + tool->program,
           "the drivers of the root disk are modules", {file},
           Initramfs{kernel_.release, file, filled(tool->make, file), filled(tool->remove, file)});
  }

  /// Before the initramfs is made, so that it holds them.
  void plan_early(const std::string& file, const Argv& refresh) {
    for (const FileEntry& entry : kernel_.early)
      b_.add("early:" + name_of(entry.path), "write " + entry.path,
             "modprobe has to know it before the root disk is there, so the initramfs holds it too",
             {entry.path}, EarlyFiles{{entry}, file, refresh});
  }

  /// systemd-boot reads nothing but its own partition.
  void plan_copies() {
    if (loader_.dir.empty() || loader_.dir == "/boot")
      return;
    CopyBuilt copy{{{kernel_.image, loader_.dir + '/' + new_.image}}};
    if (!initramfs_.empty())
      copy.files.push_back({initramfs_, loader_.dir + '/' + new_.initramfs});
    b_.add("boot-files", "copy the kernel to " + loader_.dir, "the boot loader reads only that",
           {loader_.dir}, std::move(copy));
  }

  bool fill(BootEntry& entry) {
    if (loader_.kind == "grub2")
      return grub2(entry);
    if (loader_.kind == "grub2-bls" || loader_.kind == "systemd-boot")
      return bls(entry);
    if (loader_.kind == "extlinux")
      return extlinux(entry);
    if (loader_.kind == "grub-legacy")
      return grub_legacy(entry);
    obstacle_ = "no boot loader that scst-install knows was found";
    return false;
  }

  /// Its block of variables: the default, and what is booted the next time.
  void by_environment(BootEntry& entry, const std::string& id) {
    const Argv edit{loader_.prefix + "editenv", loader_.environment};
    const auto with = [&](const Argv& more) {
      Argv argv = edit;
      argv.insert(argv.end(), more.begin(), more.end());
      return BootCommand{argv, ""};
    };
    entry.keep = {with({"set", "saved_entry=" + old_id_})};
    entry.once = {with({"set", "next_entry=" + id})};
    entry.choose = {with({"set", "saved_entry=" + id})};
    entry.forget = {with({"unset", "next_entry"}),
                    loader_.saved_entry.empty()
                        ? with({"unset", "saved_entry"})
                        : with({"set", "saved_entry=" + loader_.saved_entry})};
  }

  bool grub2(BootEntry& entry) {
    const std::string program = loader_.prefix + "mkconfig";
    const auto entries = boot::grub_entries(loader_.menu.text);
    const boot::GrubEntry* now =
        boot::grub_default(entries, loader_.settings.text, loader_.saved_entry);
    // The default may be an entry for whichever kernel is the newest: that of its kernel itself
    // goes on meaning the same.
    const boot::GrubEntry* old = nullptr;
    for (const boot::GrubEntry& e : entries)
      if (now != nullptr && !now->release.empty() && e.release == now->release &&
          name_of_entry(e.id).find(e.release) != std::string::npos &&
          e.id.find("recovery") == std::string::npos && old == nullptr)
        old = &e;
    obstacle_ = old == nullptr
                    ? "the entry that GRUB boots by default was not found in " + loader_.menu.path
                    : "there is no " + program;
    if (old == nullptr || !has(program))
      return false;
    old_ = old->release;
    old_id_ = old->id;
    const std::string id = replaced(old->id, old->release, kernel_.release);
    entry.files = {
        {loader_.settings.path, boot::saved_default(loader_.settings.text), loader_.settings.mode}};
    entry.make = {program, "-o", loader_.menu.path};
    entry.menu = loader_.menu.path;
    entry.marks = {'\'' + name_of_entry(id) + '\'', "set default=\"${saved_entry}\""};
    by_environment(entry, id);
    return true;
  }

  static std::string name_of_entry(const std::string& id) { return id.substr(id.rfind('>') + 1); }

  /// Without the ending and without the count of tries.
  static std::string bls_id(const TextFile& entry) {
    const std::string name = name_of(entry.path);
    return name.substr(0, std::min(name.find('+'), name.rfind(".conf")));
  }

  /// The entry that is the default now, of another kernel than ours.
  [[nodiscard]] const TextFile* bls_old() const {
    const std::string chosen = loader_.kind == "grub2-bls"
                                   ? loader_.saved_entry
                                   : boot::bls_value(loader_.settings.text, "default");
    const TextFile* old = nullptr;
    for (const TextFile& e : loader_.entries) {
      if (e.text.empty() || boot::bls_value(e.text, "version") == kernel_.release ||
          e.path.find("rescue") != std::string::npos)
        continue;
      const std::string id = bls_id(e);
      if (id == chosen || id + ".conf" == chosen)
        return &e;
      const bool runs =
          !b_.facts.running.empty() && (id.find(b_.facts.running) != std::string::npos ||
                                        boot::bls_value(e.text, "version") == b_.facts.running);
      if (old == nullptr || runs)
        old = &e;
    }
    return old;
  }

  bool bls(BootEntry& entry) {
    const TextFile* old = bls_old();
    if (old == nullptr) {
      obstacle_ = "there is no boot entry of another kernel to learn from";
      return false;
    }
    const bool counted = loader_.kind == "systemd-boot";
    old_id_ = bls_id(*old);
    const std::string old_release = boot::bls_value(old->text, "version");
    old_ = old_release.empty() ? old_id_ : old_release;
    const std::string dir = old->path.substr(0, old->path.rfind('/') + 1);
    const bool named = !old_release.empty() && old_id_.find(old_release) != std::string::npos;
    const std::string id =
        named ? replaced(old_id_, old_release, kernel_.release) : "scst-" + kernel_.release;
    const std::string text = boot::bls_entry(old->text, old_release, new_);
    // With one try left it is booted once, and goes to the end of the menu if that boot is not
    // good.
    entry.files = {{dir + id + (counted ? "+1.conf" : ".conf"), text, old->mode, counted}};
    if (!counted) {
      by_environment(entry, id);
      return true;
    }
    entry.chosen = {{dir + id + ".conf", text, old->mode, true}};
    const auto set = [&](const std::string& value) {
      return BootFile{loader_.settings.path,
                      boot::with_bls_value(loader_.settings.text, "default", value + ".conf"),
                      loader_.settings.mode};
    };
    entry.files.push_back(set(old_id_));
    entry.chosen.push_back(set(id));
    if (b_.facts.root.empty() && has("bootctl")) {
      entry.once = {{{"bootctl", "set-oneshot", id + ".conf"}, ""}};
      entry.forget = {{{"bootctl", "set-oneshot", ""}, ""}};
    }
    return true;
  }

  bool extlinux(BootEntry& entry) {
    std::vector<std::string> included;
    for (const TextFile& file : loader_.entries)
      included.push_back(file.text);
    const auto menu = boot::extlinux(loader_.menu.text, included, new_);
    if (!menu) {
      obstacle_ = loader_.menu.path + " has no entry to learn from";
      return false;
    }
    old_ = menu->old;
    by_menu(entry, *menu);
    const std::string dir = loader_.menu.path.substr(0, loader_.menu.path.rfind('/'));
    if (b_.facts.root.empty() && has("extlinux")) {
      entry.once = {{{"extlinux", "--once=" + menu->id, dir}, ""}};
      entry.forget = {{{"extlinux", "--clear-once", dir}, ""}};
    }
    return true;
  }

  void by_menu(BootEntry& entry, const boot::Menu& menu) const {
    entry.files = {{loader_.menu.path, menu.trial, loader_.menu.mode}};
    entry.chosen = {{loader_.menu.path, menu.chosen, loader_.menu.mode}};
  }

  /// GRUB as its authors made it keeps the saved default in a file. That of Red Hat has another
  /// way, by its own shell.
  bool grub_legacy(BootEntry& entry) {
    const bool by_file = has("grub-set-default") || !loader_.settings.text.empty();
    const std::string saved = loader_.settings.text.substr(0, loader_.settings.text.find('\n'));
    const auto menu = boot::grub_legacy(loader_.menu.text, saved, new_, by_file);
    if (!menu) {
      obstacle_ = loader_.menu.path + " has no entry to learn from";
      return false;
    }
    old_ = fmt::format("entry {} of {}", menu->old, loader_.menu.path);
    by_menu(entry, *menu);
    if (menu->trial == loader_.menu.text)
      return true; // it is there
    if (by_file) {
      // GRUB writes over the first line in place, so there must be room.
      const std::string rest(10, '#');
      entry.files.push_back({loader_.settings.path,
                             fmt::format("{}\n{}\n", menu->id, fmt::join(rest, "\n")),
                             loader_.settings.mode, false, true});
    } else if (b_.facts.root.empty() && has("grub")) {
      const auto once = [](const std::string& id) {
        return BootCommand{{"grub", "--batch", "--no-floppy"},
                           fmt::format("savedefault --default={} --once\nquit\n", id)};
      };
      entry.once = {once(menu->id)};
      entry.forget = {once(menu->old)};
    }
    return true;
  }

  Builder& b_;
  const BootLoader& loader_;
  BuiltKernel kernel_;
  boot::NewKernel new_;
  std::string initramfs_;
  std::string old_;    ///< what is the default, for people
  std::string old_id_; ///< … and for GRUB 2
  std::string obstacle_;
};

} // namespace

bool makes_initramfs(const Builder& b) {
  return initramfs_tool(b) != nullptr;
}

void plan_boot(Builder& b, const BuiltKernel& kernel) {
  Boot(b, kernel).plan();
}

} // namespace inst::planning
