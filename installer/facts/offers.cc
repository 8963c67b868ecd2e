// SPDX-License-Identifier: GPL-2.0-only
// What the package manager would install: headers, kernels. It is only asked, never told.
#include "facts/gather.hh"
#include "path.hh"
#include "release.hh"

#include <algorithm>

namespace inst::facts {
namespace {

using Names = std::vector<std::string>;

/// Lines of what apt-cache says; an error is no answer.
Names ask_apt(sys::System& sys, Names words, bool& answered) {
  words.insert(words.begin(), "apt-cache");
  const auto said = sys.run({std::move(words), "", {}});
  answered = said && said->status == 0;
  return answered ? lines(said->out) : Names{};
}

/// "linux-image-6.1.0-56-amd64"; not "linux-image-6.1-amd64", which stands for the newest of them.
bool is_image(const std::string& name) {
  if (!name.starts_with("linux-image-") || name.ends_with("-dbg") || name.ends_with("-unsigned"))
    return false;
  const Release release = parse_release(name.substr(12));
  return release.known() && (release.base.major == 2 || release.stable);
}

void apt_kernels(sys::System& sys, Offers& offers) {
  bool answered = false;
  Names names = ask_apt(sys, {"pkgnames", "linux-image-"}, answered);
  std::erase_if(names, [](const std::string& name) { return !is_image(name); });
  if (names.empty())
    return;
  names.insert(names.begin(), {"--no-all-versions", "show"});
  std::string package;
  for (const std::string& line : ask_apt(sys, names, answered))
    if (line.starts_with("Package: "))
      package = line.substr(9);
    else if (line.starts_with("Version: ") && is_image(package))
      offers.kernels.push_back({package.substr(12), package, line.substr(9)});
}

void look_at_apt(sys::System& sys, bool kernels, const Facts& facts, Offers& offers) {
  const bool complete = std::all_of(facts.kernels.begin(), facts.kernels.end(),
                                    [](const Kernel& k) { return !k.build_tree.empty(); });
  if (complete && !kernels)
    return;
  offers.manager = "apt";
  bool lists = false;
  for (const std::string& name : sys.list("/var/lib/apt/lists"))
    lists = lists || name.find("_Packages") != std::string::npos;
  bool answered = false;
  offers.headers = ask_apt(sys, {"pkgnames", "linux-headers-"}, answered);
  offers.known = lists && answered;
  if (kernels && offers.known)
    apt_kernels(sys, offers);
}

/// Of what dnf has in its cache: it is not to go to the net for facts. The format makes of a
/// package what its kernel calls itself.
Names ask_dnf(sys::System& sys, const std::string& package, bool& answered) {
  const auto said = sys.run({{"dnf", "-q", "-C", "repoquery", "--available", "--qf",
                              "%{version}-%{release}.%{arch}\n", package},
                             "",
                             {}});
  answered = said && said->status == 0;
  Names out = answered ? lines(said->out) : Names{};
  std::erase_if(out, [](const std::string& release) { return !parse_release(release).known(); });
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

void look_at_dnf(sys::System& sys, bool kernels, const Facts& facts, Offers& offers) {
  const bool complete = std::all_of(facts.kernels.begin(), facts.kernels.end(),
                                    [](const Kernel& k) { return !k.build_tree.empty(); });
  if (complete && !kernels)
    return;
  offers.manager = "dnf";
  for (const std::string& release : ask_dnf(sys, "kernel-devel", offers.known))
    offers.headers.push_back("kernel-devel-" + release);
  bool answered = false;
  if (kernels && offers.known)
    for (const std::string& release : ask_dnf(sys, "kernel", answered))
      offers.kernels.push_back({release, "kernel-" + release, ""});
}

/// The tree's own file names: gentoo-sources-2.6.29-r5.ebuild makes the kernel 2.6.29-gentoo-r5.
void look_at_portage(sys::System& sys, Offers& offers) {
  const std::string prefix = "gentoo-sources-";
  for (const char* tree : {"/var/db/repos/gentoo", "/usr/portage"})
    for (const std::string& file : sys.list(std::string(tree) + "/sys-kernel/gentoo-sources")) {
      if (!file.starts_with(prefix) || !file.ends_with(".ebuild"))
        continue;
      const std::string version = file.substr(prefix.size(), file.size() - prefix.size() - 7);
      const std::size_t dash = version.find('-');
      const std::string release = version.substr(0, dash) + "-gentoo" +
                                  (dash == std::string::npos ? "" : version.substr(dash));
      offers.manager = "emerge";
      offers.known = true;
      offers.kernels.push_back({release, "=sys-kernel/gentoo-sources-" + version, ""});
    }
}

} // namespace

void look_at_offers(sys::System& sys, bool kernels, Facts& facts) {
  if (!facts.root.empty())
    return;
  if (!sys.find_program("apt-cache").empty())
    look_at_apt(sys, kernels, facts, facts.offers);
  else if (!sys.find_program("dnf").empty())
    look_at_dnf(sys, kernels, facts, facts.offers);
  else if (kernels)
    look_at_portage(sys, facts.offers);
}

void look_at_foreign_modules(sys::System& sys, Facts& facts) {
  std::vector<std::string>& found = facts.foreign_modules;
  const std::string dkms = facts.root + "/var/lib/dkms";
  for (const std::string& name : sys.list(dkms))
    if (name != "scst" && sys.stat(in_dir(dkms, name)).type == sys::FileType::directory)
      found.push_back(name);
  for (const Kernel& kernel : facts.kernels)
    for (const std::string& file :
         sys.list(facts.root + "/lib/modules/" + kernel.release + "/extra"))
      if (const std::size_t at = file.find(".ko"); at != std::string::npos)
        found.push_back(file.substr(0, at));
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
}

} // namespace inst::facts
