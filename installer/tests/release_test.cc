// SPDX-License-Identifier: GPL-2.0-only
// Release strings of many vendors, each with what can be known from it.
#include "catch.hh"
#include "release.hh"

#include <random>

using namespace inst;

namespace {

constexpr int none = -1;
constexpr Trust Y = Trust::yes;
constexpr Trust P = Trust::partly;
constexpr Trust N = Trust::no;

struct Row {
  const char* text;
  const char* vendor;
  const char* product;
  const char* base;
  int stable;
  Trust trust;
  const char* truth; // part of it
  const char* pre = "";
};

const Row rows[] = {
    {"2.6.29.6", "vanilla", "", "2.6.29", 6, Y, "the string"},
    {"2.6.29", "vanilla", "", "2.6.29", 0, Y, "the string"},
    {"6.12.94", "vanilla", "", "6.12", 94, Y, "the string"},
    {"6.12.0", "vanilla", "", "6.12", 0, Y, "the string"},
    {"6.13.0-rc4+", "vanilla", "", "6.13", 0, Y, "EXTRAVERSION", "rc4"},
    {"6.9.0-rc5-00123-g1a2b3c4d5e6f-dirty", "git", "", "6.9", 0, Y, "commit", "rc5+123"},
    {"2.6.32-rc8-git3", "vanilla", "", "2.6.32", none, Y, "Makefile", "rc8"},
    {"2.6.29-gentoo-r5", "Gentoo", "", "2.6.29", none, N, "genpatches"},
    {"2.6.30-gentoo-r6", "Gentoo", "", "2.6.30", none, N, "genpatches"},
    {"6.6.30-gentoo", "Gentoo", "", "6.6", 30, Y, "the string"},
    {"6.6.30-gentoo-r1-x86_64", "Gentoo", "", "6.6", 30, Y, "the string"},
    {"6.6.30-gentoo-dist", "Gentoo", "", "6.6", 30, Y, "the string"},
    {"6.6.30-gentoo-dist-hardened", "Gentoo", "", "6.6", 30, Y, "the string"},
    {"6.1.0-56-amd64", "Debian", "12", "6.1", 0, N, "SUBLEVEL"},
    {"6.1.0-56-rt-amd64", "Debian", "12", "6.1", 0, N, "SUBLEVEL"},
    {"6.1.0-47-cloud-amd64", "Debian", "12", "6.1", 0, N, "SUBLEVEL"},
    {"6.12.94+deb13-amd64", "Debian", "13", "6.12", 94, Y, "the string"},
    {"6.12.100+deb12-amd64", "Debian", "12", "6.12", 100, Y, "the string"},
    {"6.9.7+bpo-amd64", "Debian", "backports", "6.9", 7, Y, "the string"},
    {"6.5.0-0.deb12.4-amd64", "Debian", "12 backports", "6.5", 0, N, "package"},
    {"3.2.0-4-amd64", "Debian", "7", "3.2", 0, N, "package"},
    {"2.6.32-5-amd64", "Debian", "6", "2.6.32", none, N, "package"},
    {"5.15.0-91-generic", "Ubuntu", "", "5.15", 0, N, "/proc/version_signature"},
    {"6.8.0-64-generic", "Ubuntu", "", "6.8", 0, N, "/proc/version_signature"},
    {"6.5.0-1020-aws", "Ubuntu", "", "6.5", 0, N, "/proc/version_signature"},
    {"5.4.0-150-lowlatency", "Ubuntu", "", "5.4", 0, N, "/proc/version_signature"},
    {"2.6.9-34.EL", "RHEL", "4.3", "2.6.9", none, N, "rpm"},
    {"2.6.9-42.0.3.ELsmp", "RHEL", "4.4", "2.6.9", none, N, "rpm"},
    {"2.6.18-194.el5", "RHEL", "5.5", "2.6.18", none, N, "RHEL_RELEASE_CODE"},
    {"2.6.18-348.el5PAE", "RHEL", "5.9", "2.6.18", none, N, "RHEL_RELEASE_CODE"},
    {"2.6.32-431.el6.x86_64", "RHEL", "6.5", "2.6.32", none, N, "RHEL_RELEASE_CODE"},
    {"3.10.0-1160.71.1.el7.x86_64", "RHEL", "7.9", "3.10", 0, N, "RHEL_RELEASE_CODE"},
    {"4.18.0-553.el8.x86_64", "RHEL", "8.10", "4.18", 0, N, "RHEL_RELEASE_CODE"},
    {"4.18.0-553.el8_10.x86_64", "RHEL", "8.10", "4.18", 0, N, "RHEL_RELEASE_CODE"},
    {"5.14.0-503.14.1.el9_5.x86_64", "RHEL", "9.5", "5.14", 0, N, "RHEL_RELEASE_CODE"},
    {"6.12.0-55.9.1.el10_0.x86_64", "RHEL", "10.0", "6.12", 0, N, "RHEL_RELEASE_CODE"},
    {"5.15.0-206.153.7.el9uek.x86_64", "Oracle UEK", "9", "5.15", 0, N, "not RHEL's"},
    {"4.1.12-124.48.6.el7uek.x86_64", "Oracle UEK", "7", "4.1", 12, Y, "the string"},
    {"2.6.17-1.2157_FC5", "Fedora", "5", "2.6.17", none, N, "rpm"},
    {"2.6.40.6-0.fc15.x86_64", "Fedora", "15", "3.0", 6, Y, "the string"},
    {"6.9.4-200.fc40.x86_64", "Fedora", "40", "6.9", 4, Y, "the string"},
    {"2.6.16.60-0.21-smp", "SLES", "10", "2.6.16", 60, Y, "the string"},
    {"3.0.101-63-default", "SLES", "11", "3.0", 101, Y, "the string"},
    {"5.14.21-150400.24.63-default", "SLES", "15 SP4", "5.14", 21, P, "CONFIG_SUSE_PATCHLEVEL"},
    {"6.4.0-150600.23.7-default", "SLES", "15 SP6", "6.4", 0, N, "CONFIG_SUSE_PATCHLEVEL"},
    {"6.9.3-1-default", "openSUSE", "", "6.9", 3, Y, "the string"},
    {"6.9.3-arch1-1", "Arch", "", "6.9", 3, Y, "the string"},
    {"6.6.32-1-lts", "Arch", "", "6.6", 32, Y, "the string"},
    {"6.9.2-zen1-1-zen", "Arch", "", "6.9", 2, Y, "the string"},
    {"6.8.4-2-pve", "Proxmox", "", "6.8", 4, P, "/proc/version"},
    {"4.15.18-1-pve", "Proxmox", "", "4.15", 18, Y, "the string"},
    {"5.15.153.1-microsoft-standard-WSL2", "WSL2", "", "5.15", 153, Y, "the string"},
    {"6.1.91-99.172.amzn2023.x86_64", "Amazon", "2023", "6.1", 91, Y, "the string"},
    {"4.14.336-257.562.amzn2.x86_64", "Amazon", "2", "4.14", 336, Y, "the string"},
    {"6.6.31+rpt-rpi-v8", "Raspberry Pi OS", "", "6.6", 31, Y, "the string"},
    {"6.6.34-0-lts", "Alpine", "", "6.6", 34, Y, "the string"},
    {"6.6.30_1", "Void", "", "6.6", 30, Y, "the string"},
    {"6.6.20-production+truenas", "TrueNAS", "", "6.6", 20, Y, "the string"},
};
static_assert(std::size(rows) == 58);

} // namespace

TEST_CASE("Release strings of all vendors tell what they tell, and where the truth is") {
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const Release r = parse_release(row.text);
    REQUIRE(r.known());
    CHECK(r.text == row.text);
    CHECK(r.vendor == row.vendor);
    CHECK(r.product == row.product);
    CHECK(base_text(r.base) == row.base);
    CHECK(r.stable.value_or(none) == row.stable);
    CHECK(r.pre == row.pre);
    CHECK(name_of(r.trust) == std::string(name_of(row.trust)));
    CHECK(r.truth.find(row.truth) != std::string::npos);
  }
}

TEST_CASE("The version is as exact as the string can be trusted") {
  CHECK(parse_release("2.6.29.6").version() == Version{2, 6, 29, 6});
  CHECK(parse_release("2.6.40.6-0.fc15.x86_64").version() == Version{3, 0, 6});
  CHECK(parse_release("6.12.94+deb13-amd64").version() == Version{6, 12, 94});
  CHECK(parse_release("4.14.336-257.562.amzn2.x86_64").version() == Version{4, 14, 336});
  CHECK(parse_release("6.1.0-56-amd64").version() == Version{6, 1});
  CHECK(parse_release("2.6.29-gentoo-r5").version() == Version{2, 6, 29});
}

TEST_CASE("A vendor's build number is kept, because patches are chosen by it") {
  CHECK(parse_release("2.6.32-431.el6.x86_64").build == "431");
  CHECK(parse_release("3.10.0-123.20.1.el7.x86_64").build == "123");
  CHECK(parse_release("6.1.0-56-amd64").build == "56");
}

TEST_CASE("A tail that nobody is known by makes a third number of 0 doubtful, no other") {
  CHECK(parse_release("6.7.8-mykernel").vendor == "unknown");
  CHECK(parse_release("6.7.8-mykernel").trust == Trust::yes);
  CHECK(parse_release("6.7.0-mykernel").trust == Trust::no);
}

TEST_CASE("What is no release is not known") {
  for (const char* text : {"", "lost+found", "6", "6.", "-6.1", "0.1", "2.6", "123.4.5", "6.x.1",
                           "999999999999.1", "linux-6.1", " 6.1", "kernel"})
    CHECK_FALSE(parse_release(text).known());
  CHECK_FALSE(parse_release("6.1." + std::string(80, '1')).known());
}

TEST_CASE("No mangled release string upsets the parser") {
  std::mt19937 random(7);
  const std::string alphabet = "0123456789.-+_~abcdeglrsuvxEL";
  for (int round = 0; round < 20000; round++) {
    std::string text = rows[random() % std::size(rows)].text;
    for (int change = 0; change < 4; change++)
      text[random() % text.size()] = alphabet[random() % alphabet.size()];
    const Release r = parse_release(text);
    CHECK(r.text == text);
    CHECK((!r.known() || (!r.vendor.empty() && !r.truth.empty())));
  }
}
