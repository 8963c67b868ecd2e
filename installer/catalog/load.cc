// SPDX-License-Identifier: GPL-2.0-only
// Reads the catalog's TOML files. An entry that lacks something is a fault, never a default.
#include "catalog/load.hh"

#include "catalog/reader.hh"
#include "path.hh"

#include <algorithm>
#include <fmt/format.h>

namespace inst::catalog {
namespace {

Range range_of(const toml::table& table, const std::string& kind, const std::string& file,
               const char* note, Faults& faults) {
  Reader r(table, kind, file, faults);
  Range range{r.version("min"), r.version("last"), r.text(note)};
  if (range.last < range.min)
    r.fault("'last' is before 'min'");
  r.finish();
  return range;
}

Source source_of(Reader& r, const std::string& file, Faults& faults) {
  Source s;
  s.name = r.text("name");
  s.title = r.text("title");
  s.modules = r.list("modules");
  s.autoload = r.list("autoload");
  s.packages = r.list("packages");
  if (const toml::table* kernel = r.table("kernel"); kernel != nullptr) {
    Reader k(*kernel, "source.kernel", file, faults);
    s.min = k.version("min");
    s.below = k.version("below");
    k.finish();
  }
  if (s.modules.empty() || s.autoload.empty() || !s.min.known() || s.below <= s.min)
    r.fault("'modules', 'autoload' and a 'kernel' with min before below are needed");
  return s;
}

Family family_of(Reader& r) {
  Family f;
  f.id = r.text("id");
  f.members = r.list("members");
  f.install = r.text("install");
  f.packages = r.map("packages");
  if (!f.packages.contains("headers"))
    r.fault("'packages.headers' is missing");
  return f;
}

/// The keyring's name becomes a path in the folder keys beside the catalog's own file.
Signature signature_of(Reader& r, const std::string& file) {
  Signature s{r.text("signature", Need::may), r.text("keyring", Need::may),
              r.word("signed", {"file", "content"}, Need::may) == "content"};
  if (s.file.empty() != s.keyring.empty())
    r.fault("'signature' and 'keyring' belong together");
  if (s.file.find('/') != std::string::npos || s.keyring.find('/') != std::string::npos)
    r.fault("'signature' and 'keyring' are names, not paths");
  if (!s.keyring.empty())
    s.keyring = in_dir(parent_of(file) + "/keys", s.keyring);
  return s;
}

Archive archive_of(const toml::table& table, const std::string& file, Faults& faults) {
  Reader r(table, "release.files", file, faults);
  Archive a{r.text("component"), r.text("version"), r.text("file"), r.text("sha256", Need::may)};
  if (!a.sha256.empty() && (a.sha256.size() != 64 ||
                            a.sha256.find_first_not_of("0123456789abcdef") != std::string::npos))
    r.fault("'sha256' is no digest of 64 small hex digits");
  if (a.file.find('/') != std::string::npos)
    r.fault("'file' is a path, not a name");
  a.signature = signature_of(r, file);
  r.finish();
  return a;
}

Framework framework_of(const toml::table& table, const std::string& file, Faults& faults) {
  Reader r(table, "release.framework", file, faults);
  Framework f;
  f.folder = r.text("patches");
  for (const std::string& text : r.list("except", Need::may)) {
    f.except.push_back(parse_version(text).major);
    if (f.except.back() < 1)
      r.fault(fmt::format("'except' counts from 1, not from '{}'", text));
  }
  f.tree_variable = r.text("tree_variable");
  f.start_script = r.text("start_script");
  f.modules = r.list("modules");
  f.driver = r.text("driver");
  f.lun_script = r.text("lun_script");
  f.lun_default = r.text("lun_default");
  f.machines = r.list("machines");
  r.finish();
  return f;
}

StackRelease release_of(Reader& r, const std::string& file, Faults& faults) {
  StackRelease s;
  s.name = r.text("name");
  s.released = r.text("released");
  s.status = r.word("status", {"file", "tag", "unverified", "never"});
  s.interface_kind = r.word("interface", {"procfs", "sysfs", "framework"});
  s.procfs_below = r.version("procfs_below", Need::may);
  s.build = r.word("build", {"split", "tree"}, Need::may);
  s.url = r.text("url", Need::may);
  s.patches = r.list("patches", Need::may);
  s.note = r.text("note", Need::may);
  if (const toml::table* kernel = r.table("kernel"); kernel != nullptr)
    s.kernel = range_of(*kernel, "release.kernel", file, "sure", faults);
  else
    r.fault("'kernel' is missing");
  if (const toml::table* best = r.table("best"); best != nullptr)
    s.best = range_of(*best, "release.best", file, "why", faults);
  for (const toml::table* archive : r.tables("files"))
    s.files.push_back(archive_of(*archive, file, faults));
  if (s.files.empty() != s.build.empty())
    r.fault("'files' and 'build' belong together");
  if (const toml::table* framework = r.table("framework"); framework != nullptr)
    s.framework = framework_of(*framework, file, faults);
  if (s.framework.has_value() != (s.interface_kind == "framework"))
    r.fault("'framework' and an interface of that name belong together");
  return s;
}

/// "2.6.32-431" is RHEL's 2.6.32 from build 431 on.
Variant variant_of(Reader& r, const std::string& text, bool sure) {
  Variant v{text, parse_version(text), 0, sure};
  if (const std::size_t dash = text.find('-'); dash != std::string::npos)
    v.build = parse_version(text.substr(dash + 1)).major;
  if (!v.version.known())
    r.fault(fmt::format("'{}' is not a version", text));
  return v;
}

PatchFamily patch_of(Reader& r, const std::string& file, Faults& faults) {
  PatchFamily p;
  p.name = r.text("name");
  p.component = r.text("component");
  p.folder = r.text("folder");
  p.file = r.text("file");
  p.rhel_file = r.text("rhel_file", Need::may);
  p.order = r.number("order", 0);
  p.strip = r.number("strip", 1);
  p.level = r.word("level", {"required", "recommended", "optional", "never"});
  p.why = r.text("why");
  p.below = r.version("below", Need::may);
  p.ended = r.version("ended", Need::may);
  p.excludes = r.list("excludes", Need::may);
  p.symbols = r.list("symbols", Need::may);
  p.rebuild = r.flag("rebuild");
  for (const std::string& text : r.list("kernels", Need::may))
    p.kernels.push_back(variant_of(r, text, true));
  for (const std::string& text : r.list("probably", Need::may))
    p.kernels.push_back(variant_of(r, text, false));
  for (const std::string& text : r.list("rhel", Need::may))
    p.rhel.push_back(variant_of(r, text, true));
  for (const toml::table* merged : r.tables("merged")) {
    Reader m(*merged, "patch.merged", file, faults);
    p.merged.push_back({m.version("since"), m.version("within", Need::may)});
    m.finish();
  }
  if (const toml::table* marker = r.table("marker"); marker != nullptr) {
    Reader m(*marker, "patch.marker", file, faults);
    p.marker_file = m.text("file");
    p.marker_text = m.text("text");
    m.finish();
  }
  if (p.kernels.empty() && !p.below.known() && p.level != "never")
    r.fault("neither 'kernels' nor 'below' says what it is for");
  if (!p.rhel.empty() && p.rhel_file.empty())
    r.fault("'rhel' without 'rhel_file'");
  return p;
}

KernelOption option_of(Reader& r) {
  KernelOption o;
  o.symbol = r.text("symbol");
  o.value = r.word("value", {"y", "n"});
  o.kind = r.word("kind", {"required", "tuning"});
  o.why = r.text("why");
  o.with = r.text("with", Need::may);
  o.stack = r.word("stack", {"own", "upstream"}, Need::may);
  o.below = r.version("below", Need::may);
  if (o.symbol.starts_with("CONFIG_"))
    r.fault("'symbol' is written without CONFIG_");
  return o;
}

KernelSource kernel_source_of(Reader& r, const std::string& file, Faults& faults) {
  KernelSource k;
  k.name = r.text("name");
  k.url = r.text("url");
  k.file = r.text("file");
  if (const toml::table* kernel = r.table("kernel"); kernel != nullptr)
    k.kernel = range_of(*kernel, "kernel_source.kernel", file, "note", faults);
  else
    r.fault("'kernel' is missing");
  k.signature = signature_of(r, file);
  return k;
}

Compiler compiler_of(Reader& r) {
  Compiler c{r.text("name"), r.version("min"), r.version("below"), r.number("gcc_below", 0),
             r.text("why")};
  if (c.gcc_below <= 0 || c.below <= c.min)
    r.fault("'gcc_below', and 'min' before 'below', are needed");
  return c;
}

InitramfsTool initramfs_of(Reader& r) {
  InitramfsTool t;
  t.name = r.text("name");
  t.program = r.text("program");
  t.families = r.list("families", Need::may);
  t.file = r.text("file");
  t.make = r.list("make");
  t.remove = r.list("remove", Need::may);
  t.refresh = r.list("refresh", Need::may);
  if (!t.file.starts_with("/boot/") || t.file.find("{release}") == std::string::npos)
    r.fault("'file' is no path in /boot with {release} in it");
  return t;
}

Hba hba_of(Reader& r) {
  Hba h;
  h.name = r.text("name");
  h.drivers = r.list("drivers");
  h.stack = r.word("stack", {"own", "upstream"});
  h.target_driver = r.text("target_driver");
  h.modules = r.list("modules");
  h.targets = r.list("targets", Need::may);
  h.variables = r.list("variables", Need::may);
  h.settings = r.list("settings", Need::may);
  h.exclusive = r.flag("exclusive");
  h.why = r.text("why");
  return h;
}

const std::string& name_of(const Source& s) {
  return s.name;
}
const std::string& name_of(const Family& f) {
  return f.id;
}
const std::string& name_of(const StackRelease& s) {
  return s.name;
}
const std::string& name_of(const PatchFamily& p) {
  return p.name;
}
const std::string& name_of(const KernelOption& o) {
  return o.symbol;
}

const std::string& name_of(const KernelSource& k) {
  return k.name;
}
const std::string& name_of(const Compiler& c) {
  return c.name;
}
const std::string& name_of(const InitramfsTool& t) {
  return t.name;
}
const std::string& name_of(const Hba& h) {
  return h.name;
}

/// A later entry of the same name replaces the earlier one.
template <class T> void put(std::vector<T>& entries, T entry) {
  for (T& old : entries)
    if (name_of(old) == name_of(entry)) {
      old = std::move(entry);
      return;
    }
  entries.push_back(std::move(entry));
}

class File {
public:
  File(Reader& doc, std::string name, Faults& faults)
      : doc_(doc), name_(std::move(name)), faults_(faults) {}

  template <class T, class Convert>
  void take(const std::string& key, std::vector<T>& entries, Convert convert) {
    for (const toml::table* table : doc_.tables(key)) {
      const std::size_t before = faults_.size();
      Reader r(*table, key, name_, faults_);
      T entry = convert(r);
      r.finish();
      if (faults_.size() == before)
        put(entries, std::move(entry));
    }
  }

private:
  Reader& doc_;
  std::string name_;
  Faults& faults_;
};

} // namespace

void parse(const std::string& text, const std::string& file, Catalog& catalog, Faults& faults) {
  try {
    const toml::table table = toml::parse(text, file);
    Reader doc(table, "file", file, faults);
    File in(doc, file, faults);
    in.take("source", catalog.sources, [&](Reader& r) { return source_of(r, file, faults); });
    in.take("family", catalog.families, [](Reader& r) { return family_of(r); });
    in.take("release", catalog.releases, [&](Reader& r) { return release_of(r, file, faults); });
    in.take("patch", catalog.patches, [&](Reader& r) { return patch_of(r, file, faults); });
    in.take("option", catalog.options, [](Reader& r) { return option_of(r); });
    in.take("kernel_source", catalog.kernel_sources,
            [&](Reader& r) { return kernel_source_of(r, file, faults); });
    in.take("compiler", catalog.compilers, [](Reader& r) { return compiler_of(r); });
    in.take("initramfs", catalog.initramfs, [](Reader& r) { return initramfs_of(r); });
    in.take("hba", catalog.hbas, [](Reader& r) { return hba_of(r); });
    doc.finish();
  } catch (const toml::parse_error& e) {
    faults.push_back({file, e.source().begin.line, std::string(e.description())});
  }
}

Catalog read(sys::System& sys, const std::vector<std::string>& dirs, Faults& faults) {
  Catalog catalog;
  for (const std::string& dir : dirs)
    for (const std::string& name : sys.list(dir)) {
      if (!name.ends_with(".toml"))
        continue;
      const std::string file = in_dir(dir, name);
      if (const auto text = sys.read(file))
        parse(*text, file, catalog, faults);
      else
        faults.push_back({file, 0, text.error().cause});
    }
  if (catalog.sources.empty())
    faults.push_back({dirs.front(), 0, "no source entry in any *.toml there"});
  return catalog;
}

Result<Catalog> load(sys::System& sys, const std::vector<std::string>& dirs) {
  Faults faults;
  Catalog catalog = read(sys, dirs, faults);
  if (faults.empty())
    return catalog;
  const Fault& first = faults.front();
  const bool by_user = first.file.find(user_dir) != std::string::npos;
  return Error{"read catalog", first.file, fmt::format("line {}: {}", first.line, first.what),
               by_user ? "Correct it; 'scst-install catalog lint' shows all that is wrong."
                       : "The installation is damaged: install scst-install again.",
               by_user ? Exit::usage : Exit::internal};
}

} // namespace inst::catalog
