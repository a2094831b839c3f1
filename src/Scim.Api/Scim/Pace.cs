using System.Diagnostics;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Scim.Api.Scim;

/// <summary>
/// Breaks off an answer that its client does not take. The server's own watch holds what went fast before to the client's
/// credit, so that one who took some megabytes may then stand still for hours, and with it what feeds the answer: a
/// connection to the database and its snapshot. Here each piece must go at the pace that the server asks for.
/// </summary>
internal sealed class Pace : IDisposable
{
    private readonly CancellationTokenSource _watch = new();
    private readonly CancellationTokenRegistration _abort;
    private readonly MinDataRate? _least;
    private readonly TimeSpan _longest;
    private readonly long _started = Stopwatch.GetTimestamp();

    public Pace(HttpContext context, TimeSpan longest)
    {
        _longest = longest;
        _least = context.Features.Get<IHttpMinResponseDataRateFeature>()?.MinDataRate;
        _abort = _watch.Token.Register(static state => ((HttpContext)state!).Abort(), context);
    }

    public void Begin(int bytes)
    {
        var left = _longest - Stopwatch.GetElapsedTime(_started);
        var piece = _least is null
            ? _longest
            : _least.GracePeriod + TimeSpan.FromSeconds(bytes / _least.BytesPerSecond);
        _watch.CancelAfter(TimeSpan.FromTicks(Math.Clamp(piece.Ticks, 0, Math.Max(0, left.Ticks))));
    }

    public void End() => _watch.CancelAfter(Timeout.InfiniteTimeSpan);

    public void Dispose()
    {
        _abort.Dispose();
        _watch.Dispose();
    }
}
