// SPDX-License-Identifier: GPL-2.0-only
// The numbers first, then a list of vendors, each of which knows its own mark in the tail.
#include "release.hh"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <utility>
#include <vector>

namespace inst {
namespace {

using Words = std::vector<std::string>;

constexpr std::size_t longest = 64; // __NEW_UTS_LEN

constexpr const char* in_string = "the string";
constexpr const char* in_makefile = "EXTRAVERSION in the Makefile of its headers";
constexpr const char* in_rhel_macros = "RHEL_RELEASE_CODE in version.h of its headers";

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](unsigned char c) { return std::isdigit(c) != 0; });
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// The string while it is taken apart.
struct Tail {
  std::string text; ///< what follows the numbers, with its first separator
  Words words;      ///< in lower case, split at - + . _ ~
  Words numbers;    ///< the dotted numbers at the very start of the release

  explicit Tail(const std::string& release) {
    std::size_t at = 0;
    while (at < release.size() && numbers.size() < 4) {
      const std::size_t from = at;
      while (at < release.size() && std::isdigit(static_cast<unsigned char>(release[at])) != 0)
        at++;
      if (at == from || at - from > 5)
        break;
      numbers.push_back(release.substr(from, at - from));
      if (at + 1 >= release.size() || release[at] != '.' ||
          std::isdigit(static_cast<unsigned char>(release[at + 1])) == 0)
        break;
      at++;
    }
    text = release.substr(std::min(at, release.size()));
    std::string word;
    for (const char c : text + '-') {
      if (std::string_view("-+._~").find(c) == std::string_view::npos)
        word += c;
      else if (!word.empty())
        words.push_back(lower(std::exchange(word, {})));
    }
  }

  [[nodiscard]] bool has(const std::string& word) const {
    return std::find(words.begin(), words.end(), word) != words.end();
  }
  /// The digits after the prefix in the first word that is prefix + digits (+ more); "" = none.
  [[nodiscard]] std::string number_after(const std::string& prefix) const {
    for (const std::string& word : words) {
      if (!word.starts_with(prefix) || word.size() == prefix.size())
        continue;
      const std::string rest = word.substr(prefix.size());
      const std::size_t end = std::find_if(rest.begin(), rest.end(),
                                           [](unsigned char c) { return std::isdigit(c) == 0; }) -
                              rest.begin();
      if (end != 0)
        return rest.substr(0, end);
    }
    return "";
  }
  [[nodiscard]] std::string last() const { return words.empty() ? "" : words.back(); }
  /// The first word when it is a number: the vendor's count of builds.
  [[nodiscard]] std::string build() const {
    return !words.empty() && all_digits(words[0]) ? words[0] : "";
  }
};

/// A vendor recognises its strings and then says what is special about them.
using Vendor = bool (*)(const Tail& tail, Release& r);

void lookup(Release& r, const char* truth) {
  r.trust = Trust::no;
  r.truth = truth;
}

/// A third number of 0, or none, was never filled in by those who do not count in it.
bool counts(const Release& r) {
  return r.stable.value_or(0) != 0;
}

bool gentoo(const Tail& tail, Release& r) {
  if (!tail.has("gentoo"))
    return false;
  r.vendor = "Gentoo";
  r.flavour = tail.has("dist") ? "dist" : "sources";
  if (!counts(r))
    lookup(r, "the genpatches in its source folder");
  return true;
}

bool wsl(const Tail& tail, Release& r) {
  if (!tail.has("microsoft"))
    return false;
  r.vendor = "WSL2";
  return true;
}

bool amazon(const Tail& tail, Release& r) {
  const std::string number = tail.number_after("amzn");
  if (number.empty())
    return false;
  r.vendor = "Amazon";
  r.product = number;
  return true;
}

/// Minor releases by the number of their first build. Later builds of one are larger.
struct Minor {
  int major, build;
  const char* product;
};

constexpr std::array minors{
    Minor{4, 5, "4.0"},    Minor{4, 11, "4.1"},   Minor{4, 22, "4.2"},   Minor{4, 34, "4.3"},
    Minor{4, 42, "4.4"},   Minor{4, 55, "4.5"},   Minor{4, 67, "4.6"},   Minor{4, 78, "4.7"},
    Minor{4, 89, "4.8"},   Minor{4, 100, "4.9"},  Minor{5, 8, "5.0"},    Minor{5, 53, "5.1"},
    Minor{5, 92, "5.2"},   Minor{5, 128, "5.3"},  Minor{5, 164, "5.4"},  Minor{5, 194, "5.5"},
    Minor{5, 238, "5.6"},  Minor{5, 274, "5.7"},  Minor{5, 308, "5.8"},  Minor{5, 348, "5.9"},
    Minor{5, 371, "5.10"}, Minor{5, 398, "5.11"}, Minor{6, 71, "6.0"},   Minor{6, 131, "6.1"},
    Minor{6, 220, "6.2"},  Minor{6, 279, "6.3"},  Minor{6, 358, "6.4"},  Minor{6, 431, "6.5"},
    Minor{6, 504, "6.6"},  Minor{6, 573, "6.7"},  Minor{6, 642, "6.8"},  Minor{6, 696, "6.9"},
    Minor{6, 754, "6.10"}, Minor{7, 123, "7.0"},  Minor{7, 229, "7.1"},  Minor{7, 327, "7.2"},
    Minor{7, 514, "7.3"},  Minor{7, 693, "7.4"},  Minor{7, 862, "7.5"},  Minor{7, 957, "7.6"},
    Minor{7, 1062, "7.7"}, Minor{7, 1127, "7.8"}, Minor{7, 1160, "7.9"}, Minor{8, 80, "8.0"},
    Minor{8, 147, "8.1"},  Minor{8, 193, "8.2"},  Minor{8, 240, "8.3"},  Minor{8, 305, "8.4"},
    Minor{8, 348, "8.5"},  Minor{8, 372, "8.6"},  Minor{8, 425, "8.7"},  Minor{8, 477, "8.8"},
    Minor{8, 513, "8.9"},  Minor{8, 553, "8.10"}, Minor{9, 70, "9.0"},   Minor{9, 162, "9.1"},
    Minor{9, 284, "9.2"},  Minor{9, 362, "9.3"},  Minor{9, 427, "9.4"},  Minor{9, 503, "9.5"},
    Minor{9, 570, "9.6"}};

std::string rhel_minor(int major, int build) {
  const char* product = "";
  for (const Minor& minor : minors)
    if (minor.major == major && minor.build <= build)
      product = minor.product;
  return product;
}

/// "el9_5" names the minor release itself.
std::string named_minor(const Tail& tail, const std::string& major) {
  const auto mark = std::find(tail.words.begin(), tail.words.end(), "el" + major);
  if (mark == tail.words.end() || mark + 1 == tail.words.end() || !all_digits(*(mark + 1)))
    return "";
  return major + '.' + *(mark + 1);
}

bool rhel(const Tail& tail, Release& r) {
  std::string major = tail.number_after("el");
  const bool early = tail.has("el") || tail.has("elsmp") || tail.has("elhugemem");
  if (major.empty() && !early)
    return false;
  if (early)
    major = r.base == Version{2, 4, 21} ? "3" : "4";
  r.build = tail.build();
  if (tail.text.find("uek") != std::string::npos) {
    r.vendor = "Oracle UEK";
    r.product = major;
    if (!counts(r))
      lookup(r, "the package's version; this is not RHEL's tree");
    return true;
  }
  r.vendor = "RHEL";
  r.product = named_minor(tail, major);
  if (r.product.empty() && !r.build.empty() && r.build.size() < 6)
    r.product = rhel_minor(std::stoi(major.substr(0, 2)), std::stoi(r.build));
  if (r.product.empty())
    r.product = major;
  lookup(r, early ? "the rpm database" : in_rhel_macros);
  return true;
}

bool fedora(const Tail& tail, Release& r) {
  const std::string number = tail.number_after("fc");
  if (number.empty())
    return false;
  r.vendor = "Fedora";
  r.product = number;
  if (r.base.major == 2 && r.base.patch >= 40) // Fedora 15 hid 3.0 behind 2.6.40
    r.base = {3, r.base.patch - 40};
  else if (!counts(r))
    lookup(r, "the changelog in the rpm database");
  return true;
}

bool proxmox(const Tail& tail, Release& r) {
  if (tail.last() != "pve")
    return false;
  r.vendor = "Proxmox";
  r.build = tail.build();
  if (!counts(r))
    lookup(r, "/proc/version");
  else if (r.base.major >= 6) { // its sources are Ubuntu's
    r.trust = Trust::partly;
    r.truth = "the string; /proc/version names the package";
  }
  return true;
}

bool arch(const Tail& tail, Release& r) {
  const bool zen = !tail.number_after("zen").empty();
  const bool lts = tail.last() == "lts" && tail.build() != "0"; // Alpine's counts from 0
  if (tail.number_after("arch").empty() && !zen && !lts)
    return false;
  r.vendor = "Arch";
  r.flavour = zen ? "zen" : lts ? "lts" : "";
  return true;
}

bool alpine(const Tail& tail, Release& r) {
  if ((tail.last() != "lts" && tail.last() != "virt") || tail.words.size() != 2)
    return false;
  r.vendor = "Alpine";
  r.flavour = tail.last();
  return true;
}

bool raspberry(const Tail& tail, Release& r) {
  if (!tail.has("rpt") && !tail.has("rpi"))
    return false;
  r.vendor = "Raspberry Pi OS";
  return true;
}

bool truenas(const Tail& tail, Release& r) {
  if (!tail.has("truenas"))
    return false;
  r.vendor = "TrueNAS";
  r.flavour = tail.words.front();
  return true;
}

bool void_linux(const Tail& tail, Release& r) {
  if (!tail.text.starts_with('_') || tail.words.size() != 1 || !all_digits(tail.words[0]))
    return false;
  r.vendor = "Void";
  return true;
}

/// Debian counts packages of one ABI; which number went with which suite.
struct Suite {
  Version base;
  const char* product;
};

constexpr std::array suites{Suite{{2, 6, 26}, "5"}, Suite{{2, 6, 32}, "6"}, Suite{{3, 2}, "7"},
                            Suite{{3, 16}, "8"},    Suite{{4, 9}, "9"},     Suite{{4, 19}, "10"},
                            Suite{{5, 10}, "11"},   Suite{{6, 1}, "12"}};

bool ends_in_debian_flavour(const Tail& tail) {
  constexpr std::array flavours{"amd64",       "686",   "pae",     "486",     "arm64",
                                "armmp",       "armel", "marvell", "i386",    "ppc64le",
                                "powerpc64le", "s390x", "riscv64", "loongson"};
  return std::find(flavours.begin(), flavours.end(), tail.last()) != flavours.end();
}

bool debian(const Tail& tail, Release& r) {
  const std::string suite = tail.number_after("deb");
  if (suite.empty() && !tail.has("bpo") && !ends_in_debian_flavour(tail))
    return false;
  r.vendor = "Debian";
  r.flavour = tail.last();
  if (tail.has("cloud") || tail.has("rt"))
    r.flavour = (tail.has("cloud") ? "cloud-" : "rt-") + r.flavour;
  r.build = tail.build();
  r.product = suite;
  if (tail.has("bpo") || (!suite.empty() && r.build == "0"))
    r.product = suite.empty() ? "backports" : suite + " backports";
  for (const Suite& s : suites)
    if (r.product.empty() && !r.build.empty() && s.base == r.base)
      r.product = s.product;
  if (!counts(r))
    lookup(r, "the package's version, and SUBLEVEL in the Makefile of its headers");
  return true;
}

bool ubuntu(const Tail& tail, Release& r) {
  constexpr std::array flavours{"generic",  "lowlatency", "aws",    "azure",  "gcp",   "oracle",
                                "kvm",      "gke",        "ibm",    "oem",    "raspi", "nvidia",
                                "realtime", "intel",      "server", "virtual"};
  if (tail.build().empty() ||
      std::find(flavours.begin(), flavours.end(), tail.last()) == flavours.end())
    return false;
  r.vendor = "Ubuntu";
  r.flavour = tail.last();
  r.build = tail.build();
  lookup(r, "the last word of /proc/version_signature");
  return true;
}

/// SLES 15's build number begins with the product: 150400 is 15 SP4.
std::string sle_product(const std::string& build) {
  if (build.size() == 6 && build.starts_with("15"))
    return build[3] == '0' ? "15" : std::string("15 SP") + build[3];
  return "";
}

bool suse(const Tail& tail, Release& r) {
  constexpr std::array flavours{"default", "smp", "xen",   "pae",  "bigsmp",
                                "trace",   "rt",  "debug", "azure"};
  if (tail.build().empty() ||
      std::find(flavours.begin(), flavours.end(), tail.last()) == flavours.end())
    return false;
  r.flavour = tail.last();
  r.build = tail.build();
  r.product = sle_product(r.build);
  if (r.base == Version{2, 6, 16} || r.base == Version{2, 6, 32} || r.base == Version{3, 0} ||
      r.base == Version{3, 12} || r.base == Version{4, 4} || r.base == Version{4, 12})
    r.product = r.base == Version{2, 6, 16}                              ? "10"
                : r.base == Version{2, 6, 32} || r.base == Version{3, 0} ? "11"
                                                                         : "12";
  r.vendor = r.product.empty() ? "openSUSE" : "SLES";
  if (!counts(r))
    lookup(r, "CONFIG_SUSE_VERSION and CONFIG_SUSE_PATCHLEVEL in its configuration");
  else if (r.product.starts_with("15")) {
    r.trust = Trust::partly;
    r.truth = "the string; CONFIG_SUSE_PATCHLEVEL tells how much was taken from later kernels";
  }
  return true;
}

/// git describe's tail: -00123-g1a2b3c
std::string commits_since(const Tail& tail) {
  for (std::size_t i = 1; i < tail.words.size(); i++)
    if (const std::string& hash = tail.words[i];
        hash.size() > 7 && hash.starts_with('g') && all_digits(tail.words[i - 1]))
      return std::to_string(std::stol(tail.words[i - 1].substr(0, 9)));
  return "";
}

bool candidate(const Tail& tail, Release& r) {
  const std::string rc = tail.number_after("rc");
  const std::string commits = commits_since(tail);
  if (rc.empty() && commits.empty())
    return false;
  r.vendor = commits.empty() ? "vanilla" : "git";
  if (!rc.empty())
    r.pre = "rc" + rc;
  if (!commits.empty())
    r.pre += '+' + commits;
  r.truth = commits.empty() ? in_makefile : "the commit that the string names";
  return true;
}

bool vanilla(const Tail& tail, Release& r) {
  if (!tail.words.empty())
    return false;
  r.vendor = "vanilla";
  return true;
}

bool foreign(const Tail& /*tail*/, Release& r) {
  r.vendor = "unknown";
  if (!counts(r))
    lookup(r, "the Makefile of its headers");
  return true;
}

// Marks that only one vendor uses come first, shapes that several could share last.
constexpr std::array<Vendor, 17> vendors{gentoo, wsl,    amazon,    rhel,    fedora,     proxmox,
                                         arch,   alpine, raspberry, truenas, void_linux, ubuntu,
                                         suse,   debian, candidate, vanilla, foreign};

/// 2.x has three numbers before the stable level, later kernels two.
bool take_numbers(const Words& numbers, Release& r) {
  const bool old = !numbers.empty() && numbers[0] == "2";
  const std::size_t of_base = old ? 3 : 2;
  if (numbers.size() < of_base || (!old && numbers[0].size() > 2) || numbers[0] == "0")
    return false;
  r.base = {std::stoi(numbers[0]), std::stoi(numbers[1]), old ? std::stoi(numbers[2]) : 0};
  if (numbers.size() > of_base)
    r.stable = std::stoi(numbers[of_base]);
  return true;
}

} // namespace

Version Release::version() const {
  Version v = base;
  const bool old = base.major == 2;
  (old ? v.fourth : v.patch) = trust == Trust::no ? 0 : stable.value_or(0);
  return v;
}

Release parse_release(const std::string& text) {
  Release r;
  r.text = text;
  if (text.empty() || text.size() > longest)
    return r;
  const Tail tail(text);
  if (!take_numbers(tail.numbers, r))
    return r;
  r.truth = in_string;
  for (const Vendor vendor : vendors)
    if (vendor(tail, r))
      break;
  if (r.vendor == "vanilla" && !r.stable && r.pre.empty())
    r.stable = 0;
  return r;
}

const char* name_of(Trust trust) {
  switch (trust) {
  case Trust::yes:
    return "yes";
  case Trust::partly:
    return "partly";
  case Trust::no:
    return "no";
  }
  return "";
}

std::string base_text(const Version& base) {
  const std::string text = std::to_string(base.major) + '.' + std::to_string(base.minor);
  return base.major == 2 ? text + '.' + std::to_string(base.patch) : text;
}

} // namespace inst
