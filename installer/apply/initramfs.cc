// SPDX-License-Identifier: GPL-2.0-only
// The initramfs of a kernel that was built. before: {}
#include "apply/actions.hh"

namespace inst {

using nlohmann::json;

namespace {

bool is_there(const Context& ctx, const Initramfs& i) {
  return ctx.sys.stat(ctx.at(i.file)).type != sys::FileType::none;
}

Result<void> take_away(const Context& ctx, const Initramfs& i) {
  if (!i.remove.empty())
    if (auto gone = run_on_target(ctx, i.remove, Exit::build); !gone)
      return gone.error();
  return is_there(ctx, i) ? ctx.sys.remove(ctx.at(i.file)) : Result<void>{};
}

} // namespace

bool is_done(const Context& ctx, const Initramfs& i) {
  return is_there(ctx, i);
}

json before(const Context& /*ctx*/, const Initramfs& /*i*/) {
  return json::object();
}

Result<void> perform(const Context& ctx, const Initramfs& i, const json& /*before*/) {
  if (is_there(ctx, i)) // half of one, by a run that was killed
    if (auto gone = take_away(ctx, i); !gone)
      return gone;
  auto made = run_on_target(ctx, i.make, Exit::build, true);
  if (!made)
    return made.error();
  if (!is_there(ctx, i))
    return Error{"make the initramfs", i.file,
                 i.make.front() + " ended without an error, but did not make it",
                 "Its output is in " + ctx.log, Exit::build};
  return {};
}

Result<Kept> undo(const Context& ctx, const Initramfs& i, const json& /*before*/) {
  if (is_there(ctx, i))
    if (auto gone = take_away(ctx, i); !gone)
      return gone.error();
  return Kept{};
}

} // namespace inst
