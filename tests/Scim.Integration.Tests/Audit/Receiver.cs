using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Scim.Integration.Tests.Audit;

/// <summary>Another system, which takes what it answers 200 to.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly ConcurrentBag<string> _authorizations = [];
    private readonly ConcurrentBag<string> _queries = [];
    private readonly ConcurrentQueue<IReadOnlyList<JsonElement>> _taken = [];
    private int _calls;

    private Receiver(WebApplication application) => _application = application;

    public Func<int, int> Answer { get; set; } = _ => 200;

    public TimeSpan Delay { get; set; }

    public int Calls => Volatile.Read(ref _calls);

    /// <summary>The lines of each request that was taken.</summary>
    public IReadOnlyList<IReadOnlyList<JsonElement>> Taken => [.. _taken];

    public IReadOnlyCollection<string> Authorizations => _authorizations;

    public IReadOnlyCollection<string> Queries => _queries;

    public string Url => _application.Urls.First() + "/in";

    public static async Task<Receiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var receiver = new Receiver(builder.Build());
        receiver._application.MapPost("/in", receiver.TakeAsync);
        await receiver._application.StartAsync();
        return receiver;
    }

    public async ValueTask DisposeAsync() => await _application.DisposeAsync();

    private async Task<IResult> TakeAsync(HttpRequest request)
    {
        var call = Interlocked.Increment(ref _calls);
        using var reader = new StreamReader(request.Body);
        var text = await reader.ReadToEndAsync();
        await Task.Delay(Delay);
        _authorizations.Add(request.Headers.Authorization.ToString());
        _queries.Add(request.QueryString.Value ?? "");
        var status = Answer(call);
        if (status == 200)
        {
            var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            _taken.Enqueue([.. lines.Select(line => JsonElement.Parse(line))]);
        }

        return Results.StatusCode(status);
    }
}
