// SPDX-License-Identifier: GPL-2.0-only
// The command line by CLI11. Meaning of the values is checked by the planner.
#include "cli.hh"

#include "exit_code.hh"

#include <CLI/CLI.hpp>

#include <filesystem>

namespace inst {
namespace {

constexpr const char* footer = R"(Without a sub-command it does "apply".
Exit codes: 0 done or nothing to do, 2 usage, 4 not root, 5 something is missing,
6 unsupported kernel, 7 verification failed, 9 build failed, 10 conflict, 11 signing,
12 service, 13 something was kept or has changed, 14 locked, 75 interrupted earlier: resume.
See scst-install(8).)";

void absolute(std::string& path) {
  if (path.empty())
    return;
  path = std::filesystem::absolute(path).lexically_normal().string();
  while (path.size() > 1 && path.back() == '/')
    path.pop_back();
}

void add_options(CLI::App& app, Cli& cli) {
  Options& o = cli.options;
  app.add_option("--kernel", o.kernel,
                 "Kernel: a release, a version such as 6.1, running, newest-supported, all")
      ->type_name("REL");
  app.add_option("--stack", o.stack, "Release of the target stack, or 'own' (default: what fits)")
      ->type_name("REL");
  app.add_option("--patch", o.patches, "Apply this family of kernel patches too; repeatable")
      ->type_name("NAME")
      ->allow_extra_args(false);
  app.add_flag("--nearest", o.nearest, "Take patches made for an earlier kernel where none fits");
  app.add_flag("--tuning", o.tuning, "Kernel options for speed too");
  app.add_option("--offline", o.offline, "Take archives from this folder, not from the net")
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory);
  app.add_option("--mirror", o.mirrors, "URL that archives lie below; asked first; repeatable")
      ->type_name("URL")
      ->allow_extra_args(false);
  app.add_option("--toolchain", o.toolchain, "Folder with bin/gcc for an old kernel")
      ->type_name("DIR");
  app.add_option("--module", o.modules,
                 "Load this module at boot too, such as scst_disk; repeatable")
      ->type_name("NAME")
      ->allow_extra_args(false);
  app.add_option("--root", o.root, "Install into this tree instead of the running system")
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory);
  app.add_option("--payload", o.payload, "Staged install tree to copy from")->type_name("DIR");
  app.add_option("--debs", o.debs, "Our .deb packages, for the guest")->type_name("DIR");
  app.add_option("--suite", o.suite, "Debian suite of the guest")->capture_default_str();
  app.add_option("--size", o.size, "Size of the fresh LUN (default 1G)")
      ->type_name("SIZE")
      ->transform(CLI::AsSizeValue(false));
  app.add_option("--allow", o.allow, "Initiator name or pattern that may see the LUN; repeatable")
      ->type_name("NAME")
      ->allow_extra_args(false);
  app.add_option("--device", o.device, "Existing disk or file to export instead of a fresh file")
      ->type_name("PATH");
  app.add_flag("--force-device", o.force_device, "Use --device even if it is in use or not empty");
  app.add_flag("--fc", o.fc, "Serve by the Fibre Channel ports of this machine too");
  app.add_option("--target", o.target, "Name of the target (default: from the host name)")
      ->type_name("IQN");
  app.add_option("--init", o.init, "Init system")
      ->check(CLI::IsMember({"systemd", "openrc", "lsb", "auto"}))
      ->capture_default_str();
  app.add_option("--road", o.road,
                 "Serve from this kernel, one that is built with the stack in it, or from a guest")
      ->check(CLI::IsMember({"native", "kernel", "guest", "auto"}))
      ->capture_default_str();
  app.add_flag("--built-in", o.built_in, "Build the stack into the kernel (--road kernel)");
  app.add_option("--kernel-config", o.kernel_config,
                 "Configuration to begin with when a kernel is built")
      ->type_name("FILE");
  app.add_flag("--no-start", o.no_start, "Install only: load and start nothing");
  app.add_flag("--chap", o.chap, "Have initiators log in with a secret, which is made here");
  CLI::Option* ask =
      app.add_flag("--ask", cli.ask, "Ask what is to be served, under which name, and to whom")
          ->configurable(false);
  app.set_config("--answers", "", "Take options from this file, such as --record leaves")
      ->type_name("FILE")
      ->check(CLI::ExistingFile)
      ->configurable(false);
  app.allow_config_extras(CLI::config_extras_mode::error);
  app.add_option("--record", cli.record, "Leave the answers in this file")
      ->type_name("FILE")
      ->configurable(false);
  app.add_flag("--yes", cli.yes, "Do not ask");
  app.add_flag("--dry-run", cli.dry_run, "Show what would be done, change nothing");
  app.add_flag("--json", cli.json, "Print JSON")->excludes(ask);
  app.add_option("--data", cli.data_dir, "Folder of catalog, init scripts and guest scripts")
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory);
}

void add_verify(CLI::App& app, Cli& cli) {
  VerifyOptions& v = cli.verify;
  CLI::App* verb = app.add_subcommand("verify", "Prove a target by an independent initiator");
  verb->add_option("--portal", v.portal, "Address and port")
      ->type_name("A:P")
      ->capture_default_str();
  verb->add_option("--initiator", v.initiator, "Name to log in with")
      ->type_name("IQN")
      ->capture_default_str();
  verb->add_option("--lun", v.lun, "LUN")->check(CLI::Range(0, 16383))->capture_default_str();
  verb->add_option("--write-mib", v.write_mib,
                   "Overwrite this many MiB with random data and read them back")
      ->type_name("N")
      ->check(CLI::Range(1, 1 << 20));
}

void add_verbs(CLI::App& app, Cli& cli) {
  app.add_subcommand("plan", "Show what apply would do");
  app.add_subcommand("apply", "Show the plan, ask, do it (default)");
  app.add_subcommand("status", "Show what was installed and whether it still is as installed");
  app.add_subcommand("resume", "Go on after an interruption");
  app.add_subcommand("rollback", "Undo the last run");
  app.add_subcommand("confirm", "Make the kernel that was booted on trial the default");
  app.add_subcommand("uninstall", "Undo everything")
      ->add_flag("--delete-data", cli.delete_data, "The LUN's file too, with the data in it");
  app.add_subcommand("facts", "Show what is known about this machine");
  app.add_subcommand("kernels", "List the kernels here, and what fits each")
      ->add_option("--parse", cli.parse, "Only take this release string apart")
      ->type_name("STRING");
  app.add_subcommand("explain", "Say what fits a kernel, and why; or what a check means")
      ->add_option("id", cli.check, "A check of the doctor, such as C08")
      ->type_name("ID");
  app.add_subcommand("doctor", "Look for what is wrong here, and say what helps")
      ->add_flag("--fix", cli.fix, "Put right what can be");
  app.add_subcommand("catalog", "What is known about kernels, releases and patches")
      ->add_option("verb", cli.catalog_verb, "lint: find what is wrong in it")
      ->required()
      ->check(CLI::IsMember({"lint"}));
  add_verify(app, cli);
  CLI::App* guest = app.add_subcommand("guest", "The guest of the guest road");
  guest->add_option("verb", cli.guest_verb, "stop")->required()->check(CLI::IsMember({"stop"}));
}

} // namespace

Parsed parse_command_line(int argc, const char* const* argv) {
  Cli cli;
  CLI::App app("Installs the SCST target stack: looks, plans, asks, applies with a journal.",
               "scst-install");
  app.set_version_flag("--version", "scst-install " INST_VERSION);
  app.footer(footer);
  app.fallthrough();
  app.require_subcommand(0, 1);
  add_options(app, cli);
  add_verbs(app, cli);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    const int code = app.exit(e);
    return {std::nullopt, code == 0 ? 0 : static_cast<int>(Exit::usage)};
  }
  if (!app.get_subcommands().empty())
    cli.verb = app.get_subcommands().front()->get_name();
  for (std::string* path :
       {&cli.options.root, &cli.options.payload, &cli.options.debs, &cli.options.offline,
        &cli.options.toolchain, &cli.data_dir, &cli.record})
    absolute(*path);
  if (cli.options.root == "/")
    cli.options.root.clear();
  cli.verify.target = cli.options.target;
  return {cli, 0};
}

} // namespace inst
