using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Scim.TestKit;

namespace Scim.Integration.Tests;

/// <summary>Programs of <c>tests/peers</c>: other people's code, to check ours by.</summary>
internal static class Peer
{
    public static Process Start(string program, JsonObject options) =>
        Process.Start(
            new ProcessStartInfo(Path.Combine(Repository.Root, "tests", "peer.sh"), [program, options.ToJsonString()])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            }
        )!;

    /// <summary>The one line that the program prints.</summary>
    public static async Task<JsonElement> RunAsync(string program, JsonObject options)
    {
        using var process = Start(program, options);
        var answer = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? JsonElement.Parse(answer)
            : throw new InvalidOperationException($"{program} ended with {process.ExitCode}; its errors say why.");
    }
}
