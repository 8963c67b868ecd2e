// SPDX-License-Identifier: GPL-2.0-only
// Patches of a source tree by patch(1). A record in the tree tells which were applied by us; what
// a patch touches is copied aside until it is through, so a run may be killed at any point.
// before: {}
#include "apply/actions.hh"
#include "path.hh"

#include <algorithm>
#include <set>
#include <sstream>

namespace inst {
namespace {

using nlohmann::json;
using Argv = std::vector<std::string>;

std::string record_of(const Context& ctx, const Patch& p) {
  return ctx.at(p.tree) + "/.scst-install-patches";
}

std::string record_line(const Context& ctx, const Patch& p) {
  return ctx.sys.digest(ctx.at(p.file)).value_or("") + "  " + p.file.substr(p.file.rfind('/') + 1) +
         '\n';
}

bool is_recorded(const Context& ctx, const Patch& p) {
  return ctx.sys.read(record_of(ctx, p)).value_or("").find(record_line(ctx, p)) !=
         std::string::npos;
}

Result<void> unrecord(const Context& ctx, const Patch& p) {
  std::string text = ctx.sys.read(record_of(ctx, p)).value_or("");
  const std::string line = record_line(ctx, p);
  if (const std::size_t at = text.find(line); at != std::string::npos)
    text.erase(at, line.size());
  return text.empty() ? ctx.sys.remove(record_of(ctx, p))
                      : ctx.sys.write(record_of(ctx, p), text, 0644);
}

Argv patch_command(const Patch& p, const Argv& options) {
  Argv argv{"patch", "-d", p.tree, "-p" + std::to_string(p.strip), "-i",
            p.file,  "-s", "-f",   "--no-backup-if-mismatch"};
  argv.insert(argv.end(), options.begin(), options.end());
  return argv;
}

/// Nothing to apply: the archive does not have it, and it was not promised.
bool is_absent(const Context& ctx, const Patch& p) {
  const auto there = [&](const std::string& path) {
    return ctx.sys.stat(ctx.at(path)).type != sys::FileType::none;
  };
  return p.maybe && there(parent_of(p.file)) && !there(p.file);
}

std::string stripped(std::string path, int strip) {
  path = path.substr(0, path.find_first_of("\t\n"));
  for (; strip > 0; strip--)
    path.erase(0, path.find('/') == std::string::npos ? path.size() : path.find('/') + 1);
  return path;
}

/// The files of the tree that the patch names.
std::set<std::string> touched(const Context& ctx, const Patch& p) {
  std::set<std::string> out;
  std::istringstream text(ctx.sys.read(ctx.at(p.file)).value_or(""));
  for (std::string line; std::getline(text, line);)
    if ((line.starts_with("+++ ") || line.starts_with("--- ")) && !line.starts_with("--- /dev/") &&
        !line.starts_with("+++ /dev/"))
      out.insert(stripped(line.substr(4), p.strip));
  out.erase("");
  return out;
}

std::string aside_of(const Context& ctx, const Patch& p) {
  return ctx.state_dir + "/patch-" + sys::digest_of(p.tree + p.file).substr(0, 16);
}

/// The index is written last: a folder without one is of a run that was killed before it patched.
Result<void> put_aside(const Context& ctx, const Patch& p) {
  const std::string aside = aside_of(ctx, p);
  if (auto gone = ctx.sys.remove_tree(aside); !gone)
    return gone;
  if (auto made = ctx.sys.make_dir(aside, 0700); !made)
    return made;
  json index = json::array();
  for (const std::string& name : touched(ctx, p)) {
    const std::string path = in_dir(ctx.at(p.tree), name);
    const sys::Stat st = ctx.sys.stat(path);
    const bool there = st.type == sys::FileType::regular;
    if (there)
      if (auto copied = ctx.sys.copy(path, in_dir(aside, std::to_string(index.size())), 0600);
          !copied)
        return copied;
    index.push_back({{"name", name}, {"there", there}, {"mode", st.mode}});
  }
  return ctx.sys.write(aside + "/index", index.dump(), 0600);
}

/// What a killed run may have half patched is as it was before.
Result<void> take_back(const Context& ctx, const Patch& p) {
  const std::string aside = aside_of(ctx, p);
  const json index = json::parse(ctx.sys.read(aside + "/index").value_or("[]"), nullptr, false);
  for (std::size_t i = 0; i < index.size(); i++) {
    const std::string path = in_dir(ctx.at(p.tree), index[i].at("name").get<std::string>());
    auto done = index[i].at("there").get<bool>()
                    ? ctx.sys.copy(in_dir(aside, std::to_string(i)), path, index[i].at("mode"))
                    : ctx.sys.remove(path);
    if (!done)
      return done;
  }
  return ctx.sys.remove_tree(aside);
}

Error does_not_fit(const Patch& p, const Error& error) {
  return {"patch", p.file, "it does not fit " + p.tree + ": " + error.cause,
          "The tree is not the one that the patch was made for, or was changed. Take the vanilla "
          "source of that version, or leave the patch out.",
          Exit::build};
}

} // namespace

bool is_done(const Context& ctx, const Patch& p) {
  if (is_absent(ctx, p))
    return true;
  if (ctx.sys.stat(aside_of(ctx, p) + "/index").type != sys::FileType::none ||
      ctx.sys.stat(ctx.at(p.file)).type == sys::FileType::none)
    return false;
  return is_recorded(ctx, p) || says_yes(ctx, patch_command(p, {"-R", "--dry-run"}));
}

json before(const Context& /*ctx*/, const Patch& /*p*/) {
  return json::object();
}

Result<void> perform(const Context& ctx, const Patch& p, const json& /*before*/) {
  if (auto back = take_back(ctx, p); !back)
    return back;
  if (is_done(ctx, p)) // killed between the patch and the end
    return {};
  if (auto dry = run_on_target(ctx, patch_command(p, {"-N", "--dry-run"}), Exit::build); !dry)
    return does_not_fit(p, dry.error());
  if (auto saved = put_aside(ctx, p); !saved)
    return saved;
  if (auto done = run_on_target(ctx, patch_command(p, {"-N"}), Exit::build); !done)
    return done.error();
  const std::string marker = in_dir(ctx.at(p.tree), p.marker_file);
  if (!p.marker_text.empty() &&
      ctx.sys.read(marker).value_or("").find(p.marker_text) == std::string::npos)
    return Error{"patch", p.file, p.marker_file + " has no " + p.marker_text + " afterwards",
                 "It is not the patch that it should be. Check where the archive comes from.",
                 Exit::verification};
  if (auto written = ctx.sys.append(record_of(ctx, p), record_line(ctx, p)); !written)
    return written;
  return ctx.sys.remove_tree(aside_of(ctx, p));
}

Result<Kept> undo(const Context& ctx, const Patch& p, const json& /*before*/) {
  const bool half = ctx.sys.stat(aside_of(ctx, p) + "/index").type != sys::FileType::none;
  if (auto back = take_back(ctx, p); !back)
    return back.error();
  if (half) {
    if (auto gone = unrecord(ctx, p); !gone)
      return gone.error();
    return Kept{};
  }
  if (!is_recorded(ctx, p))
    return Kept{};
  if (!says_yes(ctx, patch_command(p, {"-R", "--dry-run"})))
    return Kept{p.tree + ": changed since, so " + p.file + " cannot be taken out"};
  if (auto done = run_on_target(ctx, patch_command(p, {"-R", "-E"}), Exit::build); !done)
    return done.error();
  if (auto gone = unrecord(ctx, p); !gone)
    return gone.error();
  return Kept{};
}

} // namespace inst
