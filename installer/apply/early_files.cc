// SPDX-License-Identifier: GPL-2.0-only
// Files that the initramfs holds copies of. before: as that of PutFiles
#include "apply/actions.hh"

namespace inst {

using nlohmann::json;

namespace {

Result<void> refresh(const Context& ctx, const EarlyFiles& early) {
  if (early.initramfs.empty() || ctx.sys.stat(ctx.at(early.initramfs)).type == sys::FileType::none)
    return {};
  auto made = run_on_target(ctx, early.refresh, Exit::build, true);
  return made ? Result<void>{} : made.error();
}

} // namespace

bool is_done(const Context& ctx, const EarlyFiles& early) {
  return is_done(ctx, PutFiles{early.files});
}

json before(const Context& ctx, const EarlyFiles& early) {
  return before(ctx, PutFiles{early.files});
}

Result<void> perform(const Context& ctx, const EarlyFiles& early, const json& before) {
  if (auto put = perform(ctx, PutFiles{early.files}, before); !put)
    return put;
  return refresh(ctx, early);
}

Result<Kept> undo(const Context& ctx, const EarlyFiles& early, const json& before) {
  auto kept = undo(ctx, PutFiles{early.files}, before);
  if (!kept)
    return kept;
  if (auto made = refresh(ctx, early); !made)
    return made.error();
  return kept;
}

} // namespace inst
