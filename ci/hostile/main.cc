// SPDX-License-Identifier: GPL-2.0-only
// What no initiator does, case by case, beside a session that reads all the while.
//
//   hostile ADDRESS:PORT TARGET CHAP-TARGET INITIATOR [PART]
//
// One line for each case; PART runs those whose names have it. Exit code: 0 if all ended as they
// may, 1 if not, 2 for wrong usage.
#include "verdict.hh"
#include "witness.hh"

#include <algorithm>
#include <cstdio>
#include <fmt/format.h>
#include <stdexcept>

namespace {

using namespace hostile;
using std::chrono::steady_clock;

constexpr std::chrono::seconds kCalm{5};

bool run(const Case& one, const World& world) {
  std::string what;
  try {
    const Outcome outcome = one.run(world);
    const auto found = std::find_if(one.allowed.begin(), one.allowed.end(),
                                    [&](const Ending& e) { return e.is(outcome); });
    if (found != one.allowed.end()) {
      fmt::print("ok: {}: {}\n", one.name, found->name);
      return true;
    }
    what = outcome.text();
  } catch (const std::exception& error) {
    what = error.what();
  }
  std::string wanted;
  for (const Ending& ending : one.allowed)
    wanted += (wanted.empty() ? "" : ", or ") + ending.name;
  fmt::print("FAILED: {}: {}; may be: {}\n", one.name, what, wanted);
  return false;
}

double rate(std::uint64_t reads, steady_clock::duration time) {
  return static_cast<double>(reads) / std::max(0.001, std::chrono::duration<double>(time).count());
}

int run_all(const Cases& cases, const World& world, const std::string& part) {
  int failed = 0;
  int done = 0;
  const Witness witness(world);
  std::this_thread::sleep_for(kCalm);
  const double calm = rate(witness.reads(), kCalm);
  const std::uint64_t before = witness.reads();
  const auto begun = steady_clock::now();
  for (const Case& one : cases) {
    if (one.name.find(part) == std::string::npos)
      continue;
    failed += !run(one, world);
    done++;
    std::fflush(stdout);
  }
  const double then = rate(witness.reads() - before, steady_clock::now() - begun);
  fmt::print("# {} cases, {} failed; the session beside them: {:.0f} reads/s before, {:.0f} "
             "meanwhile, the longest took {} ms\n",
             done, failed, calm, then, witness.longest());
  if (!witness.content()) {
    fmt::print("FAILED: the session beside them has come to its end\n");
    failed++;
  }
  return failed || !done ? 1 : 0;
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 5 || argc > 6) {
    fmt::print(stderr, "Usage: hostile ADDRESS:PORT TARGET CHAP-TARGET INITIATOR [PART]\n");
    return 2;
  }
  const World world{argv[1], argv[2], argv[3], argv[4]};
  Cases cases;
  add_login_cases(cases);
  add_full_cases(cases);
  add_length_cases(cases);
  add_flood_cases(cases);
  try {
    return run_all(cases, world, argc > 5 ? argv[5] : "");
  } catch (const std::exception& error) {
    fmt::print(stderr, "hostile: {}\n", error.what());
    return 1;
  }
}
