// SPDX-License-Identifier: GPL-2.0-only
// Which release and which patches fit which kernel, by the catalog of this tree.
#include "catalog/load.hh"
#include "catch.hh"
#include "plan/select.hh"
#include "sys/real.hh"

#include <algorithm>
#include <fmt/format.h>

using namespace inst;

namespace {

const Catalog& tree_catalog() {
  static const Catalog catalog = [] {
    sys::Real real;
    return catalog::load(real, {INST_TOP "/kernel-patches/catalog"}).value_or(Catalog{});
  }();
  return catalog;
}

Selection fit(const std::string& release, const Wishes& wishes = {}) {
  return select(subject_of(release), tree_catalog(), wishes);
}

std::string stack(const Selection& s) {
  return s.own != nullptr ? s.own->name : s.release != nullptr ? s.release->name : "none";
}

std::string applied(const Selection& s) {
  std::vector<std::string> files;
  for (const PatchChoice& p : s.patches)
    if (p.state == PatchState::apply)
      files.push_back(p.file);
  return fmt::format("{}", fmt::join(files, " "));
}

const PatchChoice& patch(const Selection& s, const std::string& name) {
  const auto found = std::find_if(s.patches.begin(), s.patches.end(),
                                  [&](const PatchChoice& p) { return p.family->name == name; });
  REQUIRE(found != s.patches.end());
  return *found;
}

bool warns(const Selection& s, const std::string& part) {
  return std::any_of(s.warnings.begin(), s.warnings.end(),
                     [&](const std::string& w) { return w.find(part) != std::string::npos; });
}

} // namespace

TEST_CASE("Each kernel gets the release that is recommended for it") {
  const std::pair<const char*, const char*> rows[] = {{"2.4.37", "none"},
                                                      {"2.6.13", "none"},
                                                      {"2.6.14", "0.9.5"},
                                                      {"2.6.16.60-0.21-smp", "1.0.1.1"},
                                                      {"2.6.29-gentoo-r5", "1.0.1.1"},
                                                      {"2.6.29.6", "1.0.1.1"},
                                                      {"2.6.30-gentoo-r6", "3.0.1"},
                                                      {"2.6.32-431.el6.x86_64", "3.0.1"},
                                                      {"2.6.40.6-0.fc15.x86_64", "3.0.1"},
                                                      {"3.2.0-4-amd64", "3.0.1"},
                                                      {"3.10.0-1160.71.1.el7.x86_64", "3.9"},
                                                      {"4.19.0-27-amd64", "3.9"},
                                                      {"5.4.0-150-lowlatency", "3.9"},
                                                      {"5.10", "own"},
                                                      {"6.1.0-56-amd64", "own"},
                                                      {"7.3", "own"},
                                                      {"8.0", "none"}};
  for (const auto& [release, expected] : rows) {
    CAPTURE(release);
    const Selection s = fit(release);
    CHECK(stack(s) == expected);
    CHECK_FALSE(s.why.empty());
  }
}

TEST_CASE("A refusal says for which kernels there is something") {
  CHECK(fit("8.0").why == "no release is for Linux 8.0; there are some for 2.6.14 up to 8.0");
}

TEST_CASE("2.6.29 with 1.0.1.1 gets the five patches of its guide, in order") {
  const Selection s = fit("2.6.29-gentoo-r5");
  CHECK(applied(s) == "kernel/io_context-2.6.29.patch kernel/scst_exec_req_fifo-2.6.29.patch "
                      "kernel/readahead-context-2.6.29.patch kernel/readahead-2.6.29.patch "
                      "kernel/patches/put_page_callback-2.6.29.patch");
  CHECK(s.procfs);
  CHECK(warns(s, "must be built anew"));
  CHECK(warns(s, "Gentoo's are not"));
  for (const PatchChoice& p : s.patches)
    CHECK(p.family->strip == 1);
}

TEST_CASE("The variant with the highest stable level that is not above the real one is taken") {
  const auto put_page = [](const char* release) {
    return patch(fit(release, {"3.0.1", false, {}, false}), "put_page_callback").file;
  };
  CHECK(put_page("3.12.21") == "kernel/patches/put_page_callback-3.12.11.patch");
  CHECK(put_page("3.12.11") == "kernel/patches/put_page_callback-3.12.11.patch");
  CHECK(put_page("3.12.10") == "kernel/patches/put_page_callback-3.12.patch");
  CHECK(put_page("3.2.57") == "kernel/patches/put_page_callback-3.2.57.patch");
  CHECK(put_page("3.2.0-4-amd64") == "kernel/patches/put_page_callback-3.2.patch");
}

TEST_CASE("Where there is no file of that very name none is taken in silence") {
  const Selection s = fit("2.6.34.7");
  const PatchChoice& p = patch(s, "put_page_callback");
  CHECK(p.state == PatchState::missing);
  CHECK(p.why == "there is none for 2.6.34; the nearest is for 2.6.33");
  CHECK(applied(s).find("put_page") == std::string::npos);
  const Selection nearest = fit("2.6.34.7", {"", true, {}, false});
  CHECK(patch(nearest, "put_page_callback").nearest);
  CHECK(applied(nearest).find("put_page_callback-2.6.33.patch") != std::string::npos);
  CHECK(warns(nearest, "only a dry run"));
}

TEST_CASE("What the kernel has already is not applied again") {
  CHECK(patch(fit("2.6.31.14"), "readahead-context").state == PatchState::merged);
  CHECK(patch(fit("2.6.32.10"), "readahead").state == PatchState::apply);
  CHECK(patch(fit("2.6.32.11"), "readahead").state == PatchState::merged);
  CHECK(patch(fit("2.6.33"), "readahead").state == PatchState::merged);
  const Selection unsure = fit("2.6.32-5-amd64");
  CHECK(patch(unsure, "readahead").state == PatchState::apply);
  CHECK(warns(unsure, "may be in it already"));
}

TEST_CASE("Red Hat's kernels are chosen for by their build number") {
  const auto put_page = [](const char* release) {
    return patch(fit(release, {"3.0.1", false, {}, false}), "put_page_callback");
  };
  CHECK(put_page("2.6.32-431.el6.x86_64").file ==
        "kernel/patches/rhel/put_page_callback-2.6.32-431.patch");
  CHECK(put_page("2.6.32-358.el6.x86_64").file ==
        "kernel/patches/rhel/put_page_callback-2.6.32-220.patch");
  CHECK(put_page("2.6.32-42.el6.x86_64").state == PatchState::missing);
  CHECK(put_page("3.10.0-123.el7.x86_64").file ==
        "kernel/patches/rhel/put_page_callback-3.10.0-123.patch");
  CHECK(patch(fit("2.6.18-348.el5PAE"), "put_page_callback").file ==
        "kernel/patches/rhel/put_page_callback-rhel5.patch");
  CHECK(patch(fit("2.6.32-431.el6.x86_64"), "readahead").state == PatchState::missing);
}

TEST_CASE("From 4.0 on no patch is needed, whatever release is taken") {
  for (const char* release : {"4.0", "4.9.337", "4.19.0-27-amd64", "5.4.0-150-lowlatency"})
    for (const char* stack : {"", "3.5.0"})
      CHECK(applied(fit(release, {stack, true, {}, false})).empty());
  CHECK(fit("6.1.0-56-amd64").patches.empty());
}

TEST_CASE("Patches for special cases are applied only when they are asked for") {
  CHECK(patch(fit("2.6.25"), "fc_vport").state == PatchState::optional);
  CHECK(patch(fit("2.6.25", {"", false, {"fc_vport"}, false}), "fc_vport").state ==
        PatchState::apply);
  CHECK(patch(fit("2.6.29"), "fc_vport").state == PatchState::ended);
  const Selection both = fit("2.6.28", {"", false, {"export_alloc_io_context"}, false});
  CHECK(patch(both, "io_context").state == PatchState::apply);
  CHECK(patch(both, "export_alloc_io_context").state == PatchState::ended);
  CHECK(patch(both, "export_alloc_io_context").why == "io_context does the same");
}

TEST_CASE("A release that was asked for is taken where it fits, else the reason is given") {
  CHECK(stack(fit("2.6.29", {"1.0.1", false, {}, false})) == "1.0.1");
  const Selection s = fit("2.6.30-gentoo-r6", {"1.0.1.1", false, {}, false});
  CHECK(stack(s) == "none");
  CHECK(s.why == "release 1.0.1.1 is for kernels 2.6.16 to 2.6.29");
  CHECK(fit("2.6.29", {"0.9.6", false, {}, false}).why.find("became 1.0.0") != std::string::npos);
  CHECK(fit("2.6.29", {"7", false, {}, false}).why == "the catalog knows no release '7'");
  CHECK(stack(fit("4.19", {"own", false, {}, false})) == "none");
}

TEST_CASE("Options for speed are switched on only on request, a patch's own with the patch") {
  const auto has = [](const Selection& s, const std::string& symbol) {
    return std::any_of(s.options.begin(), s.options.end(),
                       [&](const KernelOption* o) { return o->symbol == symbol; });
  };
  const std::string notify = "TCP_ZERO_COPY_TRANSFER_COMPLETION_NOTIFICATION";
  CHECK(has(fit("2.6.29"), notify));
  CHECK_FALSE(has(fit("2.6.34.7"), notify));
  CHECK_FALSE(has(fit("2.6.29"), "IOSCHED_CFQ"));
  CHECK(has(fit("2.6.29", {"", false, {}, true}), "IOSCHED_CFQ"));
  CHECK_FALSE(has(fit("6.1.0-56-amd64", {"", false, {}, true}), "IOSCHED_CFQ"));
  CHECK(has(fit("6.1.0-56-amd64"), "INET"));
  CHECK(has(fit("2.6.25"), "PROC_FS"));
}

TEST_CASE("The sysfs interface begins with 2.6.26") {
  CHECK(fit("2.6.25", {"2.1.0", false, {}, false}).procfs);
  CHECK_FALSE(fit("2.6.26", {"2.1.0", false, {}, false}).procfs);
}
