using Microsoft.Extensions.Options;
using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Hosting.Configuration;
using Scim.Infrastructure.Security;

namespace Scim.Api.Scim;

/// <summary>
/// Bounds the large bodies that are held at once, from the first bytes over the threshold to the end of the answer: each is bounded
/// by itself, and together they would be as many as there are requests. Small ones are bounded by the number of requests.
/// Once none is held, the memory that they took is given back.
/// </summary>
internal sealed class LargeBodies : IDisposable
{
    public const int Threshold = 65_536;

    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);

    private readonly TenantPlaces _places;
    private readonly TimeProvider _clock;
    private readonly ITimer _collection;
    private int _held;
    private long _collectedAt;

    public LargeBodies(IOptions<LimitsOptions> options, TimeProvider clock)
    {
        _places = new TenantPlaces(options.Value.MaxLargeBodies);
        _clock = clock;
        _collectedAt = clock.GetTimestamp() - (long)(Pause.TotalSeconds * clock.TimestampFrequency);
        _collection = clock.CreateTimer(_ => Collect(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Dispose() => _collection.Dispose();

    /// <exception cref="ScimException">503 when no place came free in time.</exception>
    public async ValueTask HoldAsync(HttpContext context)
    {
        var tenant = context.RequestServices.GetRequiredService<RequestContext>().Tenant ?? TenantId.Installation;
        if (!await _places.EnterAsync(tenant, context.RequestAborted))
        {
            throw ScimError.Overloaded(
                $"As many bodies of more than {Threshold} bytes are being served as this service has room for; try again."
            );
        }

        Interlocked.Increment(ref _held);
        context.Response.RegisterForDispose(new Place(this, tenant));
    }

    private void Leave(TenantId tenant)
    {
        _places.Leave(tenant);
        if (Interlocked.Decrement(ref _held) == 0)
        {
            var rest = Pause - _clock.GetElapsedTime(Volatile.Read(ref _collectedAt));
            _collection.Change(rest > Quiet ? rest : Quiet, Timeout.InfiniteTimeSpan);
        }
    }

    // What large bodies were made into has grown old by the time it is garbage, and would stay until a full collection comes by
    // itself: small requests bring none about. Seldom, so that nobody makes it the host's work (docs/adr/0033-memory-that-stays.md).
    private void Collect()
    {
        if (Volatile.Read(ref _held) == 0)
        {
            Volatile.Write(ref _collectedAt, _clock.GetTimestamp());
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }
    }

    private sealed class Place(LargeBodies bodies, TenantId tenant) : IDisposable
    {
        public void Dispose() => bodies.Leave(tenant);
    }
}
