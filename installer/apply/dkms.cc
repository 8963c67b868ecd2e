// SPDX-License-Identifier: GPL-2.0-only
// Modules by dkms. What is done is read from dkms's own tree, so no process runs to find out.
// before, for "add": {"tree": [names at the top of dkms's tree], "dirs": [made]};
// for "install": {"index": [names in the kernel's module folder]}
#include "apply/actions.hh"
#include "path.hh"

#include <algorithm>

namespace inst {
namespace {

using nlohmann::json;
using Type = sys::FileType;

constexpr const char* dkms_tree = "/var/lib/dkms";

std::string package_dir(const Dkms& d) {
  return std::string(dkms_tree) + '/' + d.package + '/' + d.version;
}

std::string built_dir(const Dkms& d) {
  return package_dir(d) + '/' + d.kernel + '/' + d.machine + "/module";
}

std::string source_dir(const Dkms& d) {
  return "/usr/src/" + d.package + '-' + d.version;
}

std::string modules_dir(const Dkms& d) {
  return "/lib/modules/" + d.kernel;
}

bool there(const Context& ctx, const std::string& path) {
  return ctx.sys.stat(ctx.at(path)).type != Type::none;
}

/// The module in a folder, compressed or not; "" = not there.
std::string module_in(const Context& ctx, const std::string& dir, const std::string& module) {
  for (const char* suffix : {".ko", ".ko.xz", ".ko.zst", ".ko.gz"})
    if (std::string path = in_dir(dir, module).append(suffix); there(ctx, path))
      return path;
  return "";
}

bool is_installed(const Context& ctx, const Dkms& d, const std::string& module) {
  // Debian and Ubuntu, SUSE, Fedora and RHEL, in this order.
  for (const char* sub : {"/updates/dkms", "/updates", "/extra"})
    if (!module_in(ctx, modules_dir(d) + sub, module).empty())
      return true;
  return false;
}

std::int64_t newest(const Context& ctx, const std::string& dir) {
  std::int64_t time = 0;
  for (const std::string& name : ctx.sys.list(dir)) {
    const std::string path = in_dir(dir, name);
    const sys::Stat st = ctx.sys.stat(path);
    time = std::max(time, st.type == Type::directory ? newest(ctx, path) : st.mtime_ns);
  }
  return time;
}

/// Built from the sources that lie there now?
bool is_built(const Context& ctx, const Dkms& d) {
  const std::int64_t sources = newest(ctx, ctx.at(source_dir(d)));
  return std::all_of(d.modules.begin(), d.modules.end(), [&](const std::string& module) {
    const std::string path = module_in(ctx, built_dir(d), module);
    return !path.empty() && ctx.sys.stat(ctx.at(path)).mtime_ns >= sources;
  });
}

Result<void> dkms(const Context& ctx, const Dkms& d, const std::string& verb, bool with_kernel) {
  std::vector<std::string> argv{"dkms", verb, "-m", d.package, "-v", d.version};
  if (with_kernel)
    argv.insert(argv.end(), {"-k", d.kernel});
  else if (verb == "remove")
    argv.emplace_back("--all");
  auto output = run_on_target(ctx, std::move(argv), Exit::build, true);
  if (output)
    return {};
  if (verb == "build")
    output.error().hint += ", the compiler's in " + package_dir(d) + "/build/make.log";
  return output.error();
}

/// Modules cannot be taken from a kernel that uses them.
void unload(const Context& ctx, const Dkms& d, Kept& kept) {
  if (!ctx.root.empty() || ctx.sys.kernel_release() != d.kernel)
    return;
  const std::vector<std::string> loaded = ctx.sys.loaded_modules();
  for (auto module = d.modules.rbegin(); module != d.modules.rend(); ++module)
    if (std::find(loaded.begin(), loaded.end(), *module) != loaded.end())
      if (auto gone = ctx.sys.unload_module(*module); !gone)
        kept.push_back("module " + *module + " is still loaded (" + gone.error().cause +
                       "); it goes at the next boot");
}

/// dkms makes a signing key and a version file of its own at its first use.
void tidy_tree(const Context& ctx, const json& before, Kept& kept) {
  const std::string tree = ctx.at(dkms_tree);
  const std::vector<std::string> names = ctx.sys.list(tree);
  const auto is_dir = [&](const std::string& name) {
    return ctx.sys.stat(in_dir(tree, name)).type == Type::directory;
  };
  if (std::any_of(names.begin(), names.end(), is_dir))
    return; // other modules need them
  const bool may_be_enrolled = ctx.root.empty() && there(ctx, "/sys/firmware/efi");
  for (const std::string& name : names) {
    const json& old = before.at("tree");
    if (std::find(old.begin(), old.end(), name) != old.end())
      continue;
    if (may_be_enrolled && name.starts_with("mok."))
      kept.push_back(in_dir(dkms_tree, name) +
                     ": the key with which dkms signs; it may be enrolled in the firmware");
    else
      static_cast<void>(ctx.sys.remove(in_dir(tree, name)));
  }
  remove_empty(ctx, before.at("dirs"));
}

/// Where headers came without their kernel, our depmod was the first.
void tidy_index(const Context& ctx, const Dkms& d, const json& before) {
  const json& old = before.at("index");
  for (const std::string& name : ctx.sys.list(ctx.at(modules_dir(d))))
    if (name.starts_with("modules.") && std::find(old.begin(), old.end(), name) == old.end())
      static_cast<void>(ctx.sys.remove(in_dir(ctx.at(modules_dir(d)), name)));
}

} // namespace

bool is_done(const Context& ctx, const Dkms& d) {
  if (d.verb == "add")
    return there(ctx, package_dir(d) + "/source");
  if (d.verb == "build")
    return is_built(ctx, d);
  const std::string link =
      std::string(dkms_tree) + '/' + d.package + "/kernel-" + d.kernel + '-' + d.machine;
  return there(ctx, link) &&
         std::all_of(d.modules.begin(), d.modules.end(),
                     [&](const std::string& module) { return is_installed(ctx, d, module); });
}

json before(const Context& ctx, const Dkms& d) {
  if (d.verb == "install")
    return {{"index", ctx.sys.list(ctx.at(modules_dir(d)))}};
  if (d.verb != "add")
    return json::object();
  return {{"tree", ctx.sys.list(ctx.at(dkms_tree))},
          {"dirs", missing_parents(ctx, std::string(dkms_tree) + "/x")}};
}

Result<void> perform(const Context& ctx, const Dkms& d, const json& /*before*/) {
  if (d.verb == "add")
    return dkms(ctx, d, "add", false);
  if (d.verb == "build" && there(ctx, built_dir(d)))
    if (auto stale = dkms(ctx, d, "unbuild", true); !stale)
      return stale;
  return dkms(ctx, d, d.verb, true);
}

Result<Kept> undo(const Context& ctx, const Dkms& d, const json& before) {
  Kept kept;
  Result<void> gone;
  const std::string link =
      std::string(dkms_tree) + '/' + d.package + "/kernel-" + d.kernel + '-' + d.machine;
  if (d.verb == "install") {
    unload(ctx, d, kept);
    if (there(ctx, link))
      gone = dkms(ctx, d, "uninstall", true);
    tidy_index(ctx, d, before);
  } else if (d.verb == "build") {
    if (there(ctx, built_dir(d)))
      gone = dkms(ctx, d, "unbuild", true);
  } else {
    if (there(ctx, package_dir(d) + "/source"))
      gone = dkms(ctx, d, "remove", false);
    if (gone)
      tidy_tree(ctx, before, kept);
  }
  return gone ? Result<Kept>(kept) : gone.error();
}

} // namespace inst
