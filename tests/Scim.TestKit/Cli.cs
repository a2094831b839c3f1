using System.Text.Json;

namespace Scim.TestKit;

public sealed record CliResult(int ExitCode, string Output, string Error)
{
    /// <summary>The one object that a verb with <c>--json</c> printed; fails the test when the verb was refused.</summary>
    public JsonElement Json =>
        ExitCode == 0
            ? JsonElement.Parse(Output)
            : throw new InvalidOperationException($"The verb ended with {ExitCode}: {Error}{Output}");
}

/// <summary>The operator verbs, as an operator runs them: the built program with the database's settings.</summary>
public static class Cli
{
    private static string Program { get; } = Repository.Built("Scim.Api", "Scim.Api.dll");

    public static async Task<CliResult> RunAsync(TestDatabase database, params string[] arguments)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        using var process = ChildProcess.Start(Program, ServerSettings.For(database, null), arguments);
        await process.WaitForExitAsync(timeout.Token);
        return new CliResult(process.ExitCode, process.Output, process.Error);
    }

    /// <summary>Starts a verb, and kills it as soon as <paramref name="isTime"/> is.</summary>
    public static async Task KillAsync(TestDatabase database, Func<Task> isTime, params string[] arguments)
    {
        using var process = ChildProcess.Start(Program, ServerSettings.For(database, null), arguments);
        await isTime();
        process.Kill();
        await process.WaitForExitAsync(CancellationToken.None);
    }
}
