// SPDX-License-Identifier: GPL-2.0-only
// What the kinds of actions share, and the dispatch over them.
#include "apply/actions.hh"

#include <algorithm>

namespace inst {
namespace {

constexpr std::size_t lines_of_cause = 5;

/// The last lines of what a program said, joined to one.
std::string last_words(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (end > at)
      lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  std::string out;
  const std::size_t from = lines.size() - std::min(lines.size(), lines_of_cause);
  for (std::size_t i = from; i < lines.size(); i++)
    out += (out.empty() ? "" : " | ") + lines[i];
  return out;
}

std::vector<std::string> on_target(const Context& ctx, std::vector<std::string> argv) {
  if (!ctx.root.empty())
    argv.insert(argv.begin(), {"chroot", ctx.root});
  return argv;
}

} // namespace

Result<sys::Output> run_on_target(const Context& ctx, std::vector<std::string> argv, Exit exit,
                                  bool hold_lock, const std::string& input) {
  std::string text;
  for (const std::string& arg : argv)
    text += (text.empty() ? "" : " ") + arg;
  sys::Command command{on_target(ctx, std::move(argv)), ctx.log, ctx.tick};
  command.hold_lock = hold_lock;
  command.input = input;
  auto output = ctx.sys.run(command);
  if (!output)
    return output;
  if (output->status == 0)
    return output;
  std::string cause = last_words(output->tail);
  if (cause.empty())
    cause = "exit status " + std::to_string(output->status);
  return Error{"run", text, cause, "The whole output is in " + ctx.log, exit};
}

Result<void> save_replaced(const Context& ctx, const std::string& path, const std::string& digest) {
  const std::string copy = ctx.state_dir + "/replaced-" + digest;
  if (ctx.sys.stat(copy).type != sys::FileType::none)
    return {};
  return ctx.sys.copy(ctx.at(path), copy, 0600);
}

Result<void> restore_replaced(const Context& ctx, const std::string& path,
                              const std::string& digest, unsigned mode) {
  const std::string copy = ctx.state_dir + "/replaced-" + digest;
  if (auto back = ctx.sys.copy(copy, ctx.at(path), mode); !back)
    return back;
  static_cast<void>(ctx.sys.remove(copy));
  return {};
}

bool says_yes(const Context& ctx, std::vector<std::string> argv) {
  const auto output = ctx.sys.run({on_target(ctx, std::move(argv)), "", {}});
  return output && output->status == 0;
}

std::vector<std::string> missing_parents(const Context& ctx, const std::string& path) {
  std::vector<std::string> out;
  for (std::size_t at = path.rfind('/'); at != 0 && at != std::string::npos;
       at = path.rfind('/', at - 1)) {
    const std::string parent = path.substr(0, at);
    if (ctx.sys.stat(ctx.at(parent)).type != sys::FileType::none)
      break;
    out.insert(out.begin(), parent);
  }
  return out;
}

void remove_empty(const Context& ctx, const nlohmann::json& dirs) {
  for (auto dir = dirs.rbegin(); dir != dirs.rend(); ++dir)
    ctx.sys.remove_dir(ctx.at(dir->get<std::string>()));
}

bool is_done(const Context& ctx, const Action& action) {
  return std::visit([&](const auto& a) { return is_done(ctx, a); }, action);
}

nlohmann::json before(const Context& ctx, const Action& action) {
  return std::visit([&](const auto& a) { return before(ctx, a); }, action);
}

Result<void> perform(const Context& ctx, const Action& action, const nlohmann::json& before) {
  return std::visit([&](const auto& a) { return perform(ctx, a, before); }, action);
}

Result<Kept> undo(const Context& ctx, const Action& action, const nlohmann::json& before) {
  return std::visit([&](const auto& a) { return undo(ctx, a, before); }, action);
}

} // namespace inst
