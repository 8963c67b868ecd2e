// SPDX-License-Identifier: GPL-2.0-only
// Archives become folders: unpacked beside their name, renamed when whole. A stamp inside tells
// which archive it was; a folder that has it is ours, and undo removes it with all that is in it.
// before: {"dirs": [made]}
#include "apply/actions.hh"
#include "apply/pins.hh"
#include "path.hh"

namespace inst {
namespace {

using nlohmann::json;

constexpr const char* stamp_name = ".scst-install";

std::string stamp_of(const Context& ctx, const Unpack& u) {
  return in_dir(ctx.at(u.dir), stamp_name);
}

std::string scratch_of(const Context& ctx, const Unpack& u) {
  return ctx.at(parent_of(u.dir)) + "/." + u.dir.substr(u.dir.rfind('/') + 1) + ".scst-install";
}

std::string wanted_by(const Context& ctx, const Unpack& u) {
  return pins::wanted(ctx.sys, u.pins, u.name, u.digest);
}

/// The archive may have changed since it was fetched.
Result<void> check(const Context& ctx, const Unpack& u, const std::string& wanted) {
  const auto found = ctx.sys.digest(u.archive);
  if (!found)
    return found.error();
  if (wanted.empty() || *found != wanted)
    return pins::mismatch(u.archive, u.name, *found, wanted.empty() ? "known" : wanted, u.pins,
                          u.digest.empty());
  return {};
}

} // namespace

bool is_done(const Context& ctx, const Unpack& u) {
  const std::string wanted = wanted_by(ctx, u);
  return !wanted.empty() && ctx.sys.read(stamp_of(ctx, u)).value_or("") == wanted + '\n';
}

json before(const Context& ctx, const Unpack& u) {
  return {{"dirs", missing_parents(ctx, u.dir)}};
}

Result<void> perform(const Context& ctx, const Unpack& u, const json& before) {
  const std::string wanted = wanted_by(ctx, u);
  if (auto right = check(ctx, u, wanted); !right)
    return right;
  if (ctx.sys.stat(ctx.at(u.dir)).type != sys::FileType::none)
    return Error{"unpack", u.dir,
                 "there is something in its place that scst-install did not unpack",
                 "Move it away.", Exit::conflict};
  for (const std::string dir : before.at("dirs"))
    if (ctx.sys.stat(ctx.at(dir)).type == sys::FileType::none)
      if (auto made = ctx.sys.make_dir(ctx.at(dir), 0755); !made)
        return made;
  const std::string scratch = scratch_of(ctx, u);
  if (auto gone = ctx.sys.remove_tree(scratch); !gone) // of a run that was killed
    return gone;
  if (auto made = ctx.sys.make_dir(scratch, 0700); !made)
    return made;
  const auto unpacked = ctx.sys.unpack(u.archive, scratch, {});
  if (!unpacked) {
    static_cast<void>(ctx.sys.remove_tree(scratch));
    return unpacked.error();
  }
  const std::string top = in_dir(scratch, unpacked->top);
  if (auto stamped = ctx.sys.write(in_dir(top, stamp_name), wanted + '\n', 0644); !stamped)
    return stamped;
  if (auto named = ctx.sys.rename(top, ctx.at(u.dir)); !named)
    return named;
  ctx.sys.remove_dir(scratch);
  ctx.sys.flush(ctx.at(parent_of(u.dir)) + '/');
  return {};
}

Result<Kept> undo(const Context& ctx, const Unpack& u, const json& before) {
  if (auto gone = ctx.sys.remove_tree(scratch_of(ctx, u)); !gone)
    return gone.error();
  if (ctx.sys.stat(stamp_of(ctx, u)).type != sys::FileType::none)
    if (auto gone = ctx.sys.remove_tree(ctx.at(u.dir)); !gone)
      return gone.error();
  remove_empty(ctx, before.at("dirs"));
  return Kept{};
}

} // namespace inst
