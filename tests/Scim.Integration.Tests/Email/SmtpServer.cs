using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Scim.Integration.Tests.Email;

/// <summary>The server of <c>tests/peers/smtp.js</c>. It lives as long as the pipe to it is open.</summary>
internal sealed class SmtpServer : IDisposable
{
    private readonly Process _process;

    private SmtpServer(Process process, int port) => (_process, Port) = (process, port);

    public int Port { get; }

    public static async Task<SmtpServer> StartAsync(JsonObject options)
    {
        var process = Peer.Start("smtp.js", options);
        var port =
            await process.StandardOutput.ReadLineAsync()
            ?? throw new InvalidOperationException("No SMTP server started; its errors say why.");
        return new SmtpServer(process, int.Parse(port, CultureInfo.InvariantCulture));
    }

    /// <summary>What there was since the last time: messages, and attempts to sign in.</summary>
    public async Task<IReadOnlyList<JsonElement>> EventsAsync()
    {
        await _process.StandardInput.WriteLineAsync();
        await _process.StandardInput.FlushAsync();
        var events = new List<JsonElement>();
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            var what = JsonSerializer.Deserialize<JsonElement>(line);
            if (what.GetProperty("event").GetString() == "asked")
            {
                break;
            }

            events.Add(what);
        }

        return events;
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
