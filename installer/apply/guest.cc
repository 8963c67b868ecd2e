// SPDX-License-Identifier: GPL-2.0-only
// The guest: its image, its boot, its portal. The work is in the scripts image, boot and stop.
#include "apply/actions.hh"

#include <algorithm>

namespace inst {
namespace {

using nlohmann::json;

std::string text_of(const Context& ctx, const std::string& path) {
  return ctx.sys.read(path).value_or("");
}

std::string first_line(const Context& ctx, const std::string& path) {
  const std::string text = text_of(ctx, path);
  return text.substr(0, text.find('\n'));
}

/// A process that has ended and that nobody has collected has no command line.
bool runs(const Context& ctx, const std::string& state) {
  const std::string pid = first_line(ctx, state + "/pid");
  return !pid.empty() && first_line(ctx, "/proc/" + pid + "/cmdline").starts_with("qemu");
}

Result<void> make_dirs(const Context& ctx, const std::string& dir) {
  std::vector<std::string> dirs = missing_parents(ctx, dir + "/x");
  for (const std::string& d : dirs)
    if (auto made = ctx.sys.make_dir(d, 0755); !made)
      return made;
  return {};
}

/// Runs one of the scripts; they say on standard error what they are at.
Result<void> run_script(const Context& ctx, std::vector<std::string> argv) {
  const std::string name = argv[0];
  sys::Command command{std::move(argv), ctx.log, {}};
  command.echo = true;
  const auto output = ctx.sys.run(command);
  if (!output)
    return output.error();
  if (output->status == 0)
    return {};
  return Error{"run", name, "exit status " + std::to_string(output->status),
               "Its message is above and in " + ctx.log, Exit::service};
}

/// The image that the info file names.
std::string image_of(const Context& ctx, const std::string& info) {
  const std::string text = '\n' + text_of(ctx, info);
  const std::size_t at = text.find("\nimage=");
  return at == std::string::npos ? "" : text.substr(at + 7, text.find('\n', at + 7) - at - 7);
}

bool answers(const Context& ctx, const WaitPortal& w) {
  const auto found = ctx.sys.discover(w.portal, 5);
  return found && std::find(found->begin(), found->end(), w.target) != found->end();
}

} // namespace

bool is_done(const Context& ctx, const GuestImage& g) {
  const std::string image = image_of(ctx, g.info);
  return !image.empty() && ctx.sys.stat(image).type == sys::FileType::regular &&
         text_of(ctx, g.info + ".key") == g.key;
}

json before(const Context& /*ctx*/, const GuestImage& /*g*/) {
  return json::object();
}

Result<void> perform(const Context& ctx, const GuestImage& g, const json& /*before*/) {
  const std::string setup = g.info + ".setup";
  for (const std::string& dir : {g.cache, g.info.substr(0, g.info.rfind('/'))})
    if (auto made = make_dirs(ctx, dir); !made)
      return made;
  if (auto written = ctx.sys.write(setup, g.setup, 0644); !written)
    return written;
  if (auto made = run_script(ctx, {g.script, "--suite", g.suite, "--cache", g.cache, "--debs",
                                   g.debs, "--setup", setup, "--out-info", g.info});
      !made)
    return made;
  return ctx.sys.write(g.info + ".key", g.key, 0644);
}

/// The image stays: it is a cache, and bounded.
Result<Kept> undo(const Context& /*ctx*/, const GuestImage& /*g*/, const json& /*before*/) {
  return Kept{};
}

bool is_done(const Context& ctx, const GuestBoot& g) {
  return runs(ctx, g.state) && text_of(ctx, g.state + "/key") == g.key;
}

json before(const Context& /*ctx*/, const GuestBoot& /*g*/) {
  return json::object();
}

Result<void> perform(const Context& ctx, const GuestBoot& g, const json& /*before*/) {
  if (runs(ctx, g.state))
    if (auto stopped = run_script(ctx, {g.stop_script, "--state", g.state}); !stopped)
      return stopped;
  if (auto made = make_dirs(ctx, g.state); !made)
    return made;
  const std::string port = std::to_string(g.port);
  // The guest does not know under which address it is reached, but has to name it in discovery.
  const std::string announce = "systemd.setenv=ISCSID_OPTIONS=--announce=127.0.0.1:" + port;
  std::vector<std::string> argv{g.script,    "--info",       g.info,     "--state", g.state,
                                "--forward", port + ":3260", "--append", announce,  "--background"};
  if (!g.disk.empty())
    argv.insert(argv.end(), {"--disk", "lun0=" + g.disk});
  if (auto booted = run_script(ctx, std::move(argv)); !booted)
    return booted;
  if (auto written = ctx.sys.write(g.state + "/port", port + '\n', 0644); !written)
    return written;
  return ctx.sys.write(g.state + "/key", g.key, 0644);
}

Result<Kept> undo(const Context& ctx, const GuestBoot& g, const json& /*before*/) {
  if (runs(ctx, g.state))
    if (auto stopped = run_script(ctx, {g.stop_script, "--state", g.state}); !stopped)
      return stopped.error();
  return Kept{};
}

bool is_done(const Context& ctx, const WaitPortal& w) {
  return answers(ctx, w);
}

json before(const Context& /*ctx*/, const WaitPortal& /*w*/) {
  return json::object();
}

Result<void> perform(const Context& ctx, const WaitPortal& w, const json& /*before*/) {
  const Error error{"wait for the target", w.portal,
                    "it did not answer within " + std::to_string(w.seconds) + " s",
                    "The guest's console is in " + w.state + "/console.log", Exit::service};
  for (int waited = 0; waited < w.seconds; waited++) {
    if (answers(ctx, w))
      return {};
    if (!runs(ctx, w.state))
      return Error{error.what, error.where, "the guest has ended", error.hint, error.exit};
    if (ctx.tick)
      ctx.tick(waited);
    ctx.sys.pause(1);
  }
  return error;
}

Result<Kept> undo(const Context& /*ctx*/, const WaitPortal& /*w*/, const json& /*before*/) {
  return Kept{};
}

} // namespace inst
