using System.CommandLine;
using Microsoft.Extensions.Logging.Console;

namespace Scim.Api.Cli;

/// <summary>The operator verbs: parse, send a command, print. Exit code 0 is done, 1 refused, 2 wrong usage.</summary>
internal static class OperatorCli
{
    private const int UsageError = 2;

    /// <summary>
    /// Runs a verb, or <paramref name="serve"/> when there is none; <paramref name="open"/> builds the services of the
    /// other verbs, as a host that is not started.
    /// </summary>
    public static async Task<int> RunAsync(
        string[] args,
        Func<string[], Task<int>> serve,
        Func<IHost> open,
        TextWriter? output = null,
        TextWriter? error = null
    )
    {
        // Settings such as --urls=… belong to the host, with or without the verb before them.
        if (args is [] or ["serve", ..] || (args[0].StartsWith('-') && !IsAboutUsage(args[0])))
        {
            if (!args.Skip(1).Any(IsAboutUsage))
            {
                return await serve(args is ["serve", .. var settings] ? settings : args);
            }
        }

        var console = new VerbConsole(open, output ?? Console.Out, error ?? Console.Error);
        var parsed = Tree(console).Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var problem in parsed.Errors)
            {
                await console.Error.WriteLineAsync(problem.Message);
            }

            await console.Error.WriteLineAsync("See --help.");
            return UsageError;
        }

        return await parsed.InvokeAsync(
            new InvocationConfiguration
            {
                Output = console.Output,
                Error = console.Error,
                EnableDefaultExceptionHandler = false,
            }
        );
    }

    /// <summary>Standard output belongs to the result; what goes wrong is said on standard error.</summary>
    public static void QuietLogs(WebApplicationBuilder builder)
    {
        builder.Services.Configure<ConsoleLoggerOptions>(console =>
            console.LogToStandardErrorThreshold = LogLevel.Trace
        );
        builder.Services.PostConfigure<LoggerFilterOptions>(filter =>
        {
            // The rules of appsettings are the server's, and would win over the minimum.
            filter.Rules.Clear();
            filter.MinLevel = LogLevel.Error;
        });
    }

    private static bool IsAboutUsage(string argument) => argument is "--help" or "-h" or "-?" or "/?" or "--version";

    private static RootCommand Tree(VerbConsole console)
    {
        var root = new RootCommand("ScimPlatform: a multi-tenant SCIM 2.0 server and the verbs to operate it.");
        var serve = new Command("serve", "Run the server (the default). Settings: --urls=…, --Section:Key=value.")
        {
            TreatUnmatchedTokensAsErrors = false,
        };
        root.Subcommands.Add(serve);
        root.Subcommands.Add(MigrateVerb.Create(console));
        root.Subcommands.Add(OperatorVerbs.Create(console));
        root.Subcommands.Add(TenantVerbs.Create(console));
        root.Subcommands.Add(SchemaVerbs.Create(console));
        root.Subcommands.Add(ClientVerbs.Create(console));
        root.Subcommands.Add(TokenVerbs.Create(console));
        root.Subcommands.Add(JournalVerbs.Create(console));
        root.Subcommands.Add(JobVerbs.Create(console));
        root.Subcommands.Add(AuditVerbs.Create(console));
        root.Subcommands.Add(KeyVerbs.Create(console));
        return root;
    }
}
