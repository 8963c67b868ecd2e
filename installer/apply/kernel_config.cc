// SPDX-License-Identifier: GPL-2.0-only
// The configuration of a kernel tree, by the tree's own scripts/config and makefile.
// before: {"digest", "mode"} of the configuration that was there, or {}
#include "apply/actions.hh"
#include "path.hh"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <sstream>

namespace inst {
namespace {

using nlohmann::json;
using Argv = std::vector<std::string>;

/// y, and m will not do.
constexpr const char* built_in = "Y";

std::string config_of(const KernelConfig& k) {
  return k.tree + "/.config";
}

std::string stamp_of(const Context& ctx, const KernelConfig& k) {
  return ctx.at(k.tree) + "/.scst-install-config";
}

/// What is asked for, to see whether it is this that was settled.
std::string request(const KernelConfig& k) {
  std::string text;
  for (const ConfigLine& line : k.lines)
    text += line.symbol + '=' + line.value + '\n';
  return text;
}

/// Symbol → value as it is written: y, m, "text"; what is not set is not in it.
std::map<std::string, std::string> parse(const std::string& text) {
  std::map<std::string, std::string> out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (const std::size_t at = line.find('=');
        line.starts_with("CONFIG_") && at != std::string::npos)
      out[line.substr(7, at - 7)] = line.substr(at + 1);
  return out;
}

std::string value_in(const std::map<std::string, std::string>& config, const std::string& symbol) {
  const auto found = config.find(symbol);
  return found == config.end() ? "n" : found->second;
}

bool is_met(const ConfigLine& line, const std::map<std::string, std::string>& config) {
  const std::string value = value_in(config, line.symbol);
  if (line.value == "y")
    return value == "y" || value == "m";
  if (line.value == built_in)
    return value == "y";
  return value == line.value || value == '"' + line.value + '"';
}

std::map<std::string, std::string> current(const Context& ctx, const KernelConfig& k) {
  return parse(ctx.sys.read(ctx.at(config_of(k))).value_or(""));
}

Argv make_command(const KernelConfig& k, const std::string& target) {
  Argv argv{"make", "-C", k.tree};
  argv.insert(argv.end(), k.variables.begin(), k.variables.end());
  argv.push_back(target);
  return argv;
}

Result<void> begin(const Context& ctx, const KernelConfig& k) {
  if (ctx.sys.stat(ctx.at(config_of(k))).type != sys::FileType::none)
    return {};
  if (!k.start.empty())
    return ctx.sys.copy(ctx.at(k.start), ctx.at(config_of(k)), 0644);
  if (auto made = run_on_target(ctx, make_command(k, "defconfig"), Exit::build); !made)
    return made.error();
  return {};
}

/// Trees before 2.6.30 may have no scripts/config; their make takes the last word on a symbol.
Result<void> append_lines(const Context& ctx, const KernelConfig& k, const ConfigLine& line) {
  std::string value = line.value == built_in ? "y" : line.value;
  if (value != "y" && value != "n" && value != "m")
    value = '"' + value + '"';
  const std::string text = value == "n" ? "# CONFIG_" + line.symbol + " is not set\n"
                                        : "CONFIG_" + line.symbol + '=' + value + '\n';
  std::string out;
  std::istringstream old(ctx.sys.read(ctx.at(config_of(k))).value_or(""));
  for (std::string l; std::getline(old, l);)
    if (!l.starts_with("CONFIG_" + line.symbol + '=') &&
        l != "# CONFIG_" + line.symbol + " is not set")
      out += l + '\n';
  return ctx.sys.write(ctx.at(config_of(k)), out + text, 0644);
}

Result<void> set(const Context& ctx, const KernelConfig& k) {
  const auto config = current(ctx, k);
  const std::string tool = k.tree + "/scripts/config";
  const bool has_tool = ctx.sys.stat(ctx.at(tool)).type != sys::FileType::none;
  Argv argv{tool, "--file", config_of(k)};
  for (const ConfigLine& line : k.lines) {
    if (is_met(line, config))
      continue;
    if (!has_tool) {
      if (auto done = append_lines(ctx, k, line); !done)
        return done;
    } else if (line.value == "y" || line.value == "n") {
      argv.insert(argv.end(), {line.value == "y" ? "--enable" : "--disable", line.symbol});
    } else if (line.value == built_in || line.value == "m") {
      argv.insert(argv.end(), {line.value == "m" ? "--module" : "--enable", line.symbol});
    } else {
      argv.insert(argv.end(), {"--set-str", line.symbol, line.value});
    }
  }
  if (argv.size() > 3)
    if (auto done = run_on_target(ctx, argv, Exit::build); !done)
      return done.error();
  return {};
}

/// All that changed goes into the log, what was asked for to the user as well.
void report(const Context& ctx, const KernelConfig& k,
            const std::map<std::string, std::string>& old) {
  const auto now = current(ctx, k);
  std::map<std::string, std::string> all = old;
  all.insert(now.begin(), now.end());
  std::string log = "options changed in " + config_of(k) + ":\n";
  for (const auto& entry : all) {
    const std::string& symbol = entry.first;
    const std::string from = value_in(old, symbol);
    const std::string to = value_in(now, symbol);
    if (from == to)
      continue;
    log += fmt::format("  {}: {} -> {}\n", symbol, from, to);
    const bool asked = std::any_of(k.lines.begin(), k.lines.end(),
                                   [&](const ConfigLine& line) { return line.symbol == symbol; });
    if (ctx.say && asked && !old.empty())
      ctx.say(fmt::format("{}: {} -> {}", symbol, from, to));
  }
  static_cast<void>(ctx.sys.append(ctx.log, log)); // a log that cannot be written is left out
}

Result<void> check(const Context& ctx, const KernelConfig& k) {
  const auto now = current(ctx, k);
  std::string missed;
  for (const ConfigLine& line : k.lines) {
    if (is_met(line, now))
      continue;
    if (line.must)
      missed += (missed.empty() ? "" : ", ") + line.symbol + '=' + line.value;
    else if (ctx.say)
      ctx.say(fmt::format("this kernel does not take {}={}; it goes on without", line.symbol,
                          line.value));
  }
  if (missed.empty())
    return {};
  return Error{"configure the kernel", config_of(k), "it does not take " + missed,
               "Something that they depend on is switched off. See 'make menuconfig' in " + k.tree +
                   ", then run scst-install again.",
               Exit::build};
}

} // namespace

bool is_done(const Context& ctx, const KernelConfig& k) {
  const auto now = current(ctx, k);
  return ctx.sys.read(stamp_of(ctx, k)).value_or("") == request(k) &&
         std::all_of(k.lines.begin(), k.lines.end(),
                     [&](const ConfigLine& line) { return !line.must || is_met(line, now); });
}

json before(const Context& ctx, const KernelConfig& k) {
  const std::string path = ctx.at(config_of(k));
  const sys::Stat st = ctx.sys.stat(path);
  if (st.type == sys::FileType::none)
    return json::object();
  return {{"digest", ctx.sys.digest(path).value_or("")}, {"mode", st.mode}};
}

Result<void> perform(const Context& ctx, const KernelConfig& k, const json& before) {
  if (before.contains("digest"))
    if (auto saved = save_replaced(ctx, config_of(k), before.at("digest")); !saved)
      return saved;
  if (auto begun = begin(ctx, k); !begun)
    return begun;
  const auto old = current(ctx, k);
  if (auto done = set(ctx, k); !done)
    return done;
  if (auto settled = run_on_target(ctx, make_command(k, k.refresh), Exit::build); !settled)
    return settled.error();
  report(ctx, k, old);
  if (auto good = check(ctx, k); !good)
    return good;
  return ctx.sys.write(stamp_of(ctx, k), request(k), 0644);
}

Result<Kept> undo(const Context& ctx, const KernelConfig& k, const json& before) {
  static_cast<void>(ctx.sys.remove(stamp_of(ctx, k)));
  auto done = before.contains("digest")
                  ? restore_replaced(ctx, config_of(k), before.at("digest"), before.at("mode"))
                  : ctx.sys.remove(ctx.at(config_of(k)));
  // Killed before the copy was made: nothing has changed yet.
  if (!done && ctx.sys.digest(ctx.at(config_of(k))).value_or("") != before.value("digest", ""))
    return Kept{config_of(k) + ": the copy of what it was is gone"};
  return Kept{};
}

} // namespace inst
