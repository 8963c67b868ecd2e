// SPDX-License-Identifier: GPL-2.0-only
// Files of the net, or of the folder of --offline. The folder they go to is a cache: undo leaves
// what is in it. before: {}
#include "apply/actions.hh"
#include "apply/pins.hh"
#include "path.hh"

#include <fmt/format.h>

namespace inst {
namespace {

using nlohmann::json;

constexpr int tries = 5; // of each URL
constexpr std::uint64_t mib = std::uint64_t{1} << 20;

std::string partial_of(const Fetch& f) {
  return f.path + ".part";
}

/// The signature as a file of its own, which nothing vouches for.
Fetch signature_of(const Fetch& f) {
  Fetch s{f.signature, in_dir(parent_of(f.path), f.signature), {}, f.offline, "", f.pins};
  for (const std::string& url : f.urls)
    s.urls.push_back(in_dir(parent_of(url), f.signature));
  return s;
}

void say(const Context& ctx, const std::string& text) {
  if (ctx.say)
    ctx.say(text);
}

/// Says so every tenth of the way.
sys::Download download(const Context& ctx, const Fetch& f, const std::string& url) {
  return {url, partial_of(f),
          [&ctx, &f, tenth = std::uint64_t{0}](std::uint64_t now, std::uint64_t total) mutable {
            if (total < mib || now * 10 / total <= tenth)
              return;
            tenth = now * 10 / total;
            say(ctx, fmt::format("{}: {} of {} MiB", f.name, now / mib, total / mib));
          }};
}

/// One URL, again and again while that may help, each time after twice the pause.
sys::DownloadEnd ask(const Context& ctx, const Fetch& f, const std::string& url) {
  sys::DownloadEnd end;
  for (int n = 0, pause = 1; n < tries; n++, pause *= 2) {
    end = ctx.sys.download(download(ctx, f, url));
    if (end.whole || !end.transient)
      return end;
    if (n + 1 == tries)
      break;
    say(ctx, fmt::format("{}: {}; trying again in {} s", url, end.cause, pause));
    ctx.sys.pause(pause);
  }
  return end;
}

Result<void> from_the_net(const Context& ctx, const Fetch& f) {
  std::string causes;
  for (const std::string& url : f.urls) {
    const sys::DownloadEnd end = ask(ctx, f, url);
    if (end.whole)
      return {};
    causes += fmt::format("{}{}: {}", causes.empty() ? "" : "; ", url, end.cause);
  }
  return Error{
      "fetch", f.name, causes,
      "Get the file by other means, put it into a folder and name that with --offline DIR. "
      "A proxy is taken from the environment (https_proxy).",
      Exit::missing};
}

Result<void> from_folder(const Context& ctx, const Fetch& f) {
  const std::string source = in_dir(f.offline, f.name);
  if (ctx.sys.stat(source).type == sys::FileType::none)
    return Error{"fetch", source, "it is not there",
                 "Put the file there; it is published at " + (f.urls.empty() ? "" : f.urls.front()),
                 Exit::missing};
  return ctx.sys.copy(source, partial_of(f), 0644);
}

Result<void> get(const Context& ctx, const Fetch& f) {
  return f.offline.empty() ? from_the_net(ctx, f) : from_folder(ctx, f);
}

/// That the partial file is what one of the keys has signed. Which it was is remembered, as the
/// digest of the signature.
Result<void> check_signature(const Context& ctx, const Fetch& f) {
  if (f.signature.empty())
    return {};
  const Fetch s = signature_of(f);
  static_cast<void>(ctx.sys.remove(partial_of(s)));
  if (auto got = get(ctx, s); !got)
    return got;
  const auto key = ctx.sys.check_signature({partial_of(f), partial_of(s), f.keyring, f.content});
  if (!key) {
    for (const std::string& path : {partial_of(f), partial_of(s)})
      static_cast<void>(ctx.sys.remove(path));
    return key.error();
  }
  say(ctx, fmt::format("{}: signed by {}", f.name, *key));
  const auto digest = ctx.sys.digest(partial_of(s));
  if (!digest)
    return digest.error();
  if (pins::wanted(ctx.sys, f.pins, s.name, "").empty())
    if (auto pinned = pins::add(ctx.sys, f.pins, s.name, *digest); !pinned)
      return pinned;
  return ctx.sys.rename(partial_of(s), s.path);
}

/// Gives the partial file its name if it is what it must be; the first of its kind is pinned.
Result<void> accept(const Context& ctx, const Fetch& f) {
  const std::string wanted = pins::wanted(ctx.sys, f.pins, f.name, f.digest);
  const auto found = ctx.sys.digest(partial_of(f));
  if (!found)
    return found.error();
  if (!wanted.empty() && *found != wanted) {
    static_cast<void>(ctx.sys.remove(partial_of(f)));
    return pins::mismatch(f.offline.empty() ? f.path : in_dir(f.offline, f.name), f.name, *found,
                          wanted, f.pins, f.digest.empty());
  }
  if (auto good = check_signature(ctx, f); !good)
    return good;
  if (wanted.empty()) {
    if (auto pinned = pins::add(ctx.sys, f.pins, f.name, *found); !pinned)
      return pinned;
    if (f.signature.empty())
      say(ctx, fmt::format("PINNED: the catalog has no digest of {}. This copy is trusted from now "
                           "on, and another one refused: SHA-256 {}, remembered in {}",
                           f.name, *found, f.pins));
  }
  return ctx.sys.rename(partial_of(f), f.path);
}

} // namespace

bool is_done(const Context& ctx, const Fetch& f) {
  if (!f.signature.empty() && pins::wanted(ctx.sys, f.pins, f.signature, "").empty())
    return false; // nobody has checked it yet
  const std::string wanted = pins::wanted(ctx.sys, f.pins, f.name, f.digest);
  return !wanted.empty() && ctx.sys.digest(f.path).value_or("") == wanted;
}

json before(const Context& /*ctx*/, const Fetch& /*f*/) {
  return json::object();
}

Result<void> perform(const Context& ctx, const Fetch& f, const json& /*before*/) {
  if (auto made = sys::make_folders(ctx.sys, parent_of(f.path)); !made)
    return made;
  const bool continued = ctx.sys.stat(partial_of(f)).type != sys::FileType::none;
  if (auto got = get(ctx, f); !got)
    return got;
  auto done = accept(ctx, f);
  if (done || !continued || !f.offline.empty())
    return done;
  // The beginning may have been of another file.
  if (auto got = get(ctx, f); !got)
    return got;
  return accept(ctx, f);
}

Result<Kept> undo(const Context& ctx, const Fetch& f, const json& /*before*/) {
  static_cast<void>(ctx.sys.remove(partial_of(f)));
  return Kept{};
}

} // namespace inst
