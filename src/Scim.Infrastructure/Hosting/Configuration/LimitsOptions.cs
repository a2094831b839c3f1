using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Scim.Infrastructure.Hosting.Configuration;

/// <summary>What one client, one request or one page may ask for.</summary>
public sealed class LimitsOptions
{
    [Description("Requests per second and SCIM client; `0` for no limit.")]
    [Range(0, 1_000_000)]
    [Setting("rateLimit.requestsPerSecond", PerTenant = true)]
    public int RequestsPerSecond { get; set; } = 100;

    [Description("Requests that a SCIM client may send at once after a pause; `0` for no limit.")]
    [Range(0, 10_000_000)]
    [Setting("rateLimit.burst", PerTenant = true)]
    public int Burst { get; set; } = 500;

    [Description("Requests per second and network to the discovery endpoints without a token; `0` for no limit.")]
    [Range(0, 1_000_000)]
    [Setting("rateLimit.discoveryRequestsPerSecond")]
    public int DiscoveryRequestsPerSecond { get; set; } = 20;

    [Description("Failed authentications per minute and network, after which look-ups are refused; `0` for no limit.")]
    [Range(0, 1_000_000)]
    public int FailedAuthenticationsPerMinute { get; set; } = 60;

    [Description(
        "SCIM requests that are served at once; more are 503. One tenant alone can have three quarters of them, and of the connections to the database."
    )]
    [Range(1, 100_000)]
    public int MaxConcurrentRequests { get; set; } = 512;

    [Description("Open connections to the listeners; more are closed. `0` for no limit.")]
    [Range(0, 1_000_000)]
    public int MaxConnections { get; set; } = 10_000;

    [Description(
        "Slowest pace, in bytes per second and after five seconds of grace, at which a client may send a body or take an answer; slower ones are cut off. `0` for no limit."
    )]
    [Range(0, 1_000_000_000)]
    public int MinBytesPerSecond { get; set; } = 8192;

    [Description("Largest request body in bytes; more is 413.")]
    [Range(1024L, 1_073_741_824L)]
    [Setting("limits.maxBodyBytes", PerTenant = true)]
    public long MaxBodyBytes { get; set; } = 8_388_608;

    [Description(
        "Bodies of more than 64 KB that are held at once, from reading to answering; more wait five seconds and are 503. Shared by tenants as requests are."
    )]
    [Range(1, 100_000)]
    public int MaxLargeBodies { get; set; } = 4;

    [Description("Operations in one Bulk request; more is 413.")]
    [Range(1, 100_000)]
    [Setting("limits.maxBulkOperations", PerTenant = true)]
    public int MaxBulkOperations { get; set; } = 1000;

    [Description("Characters in a filter; more is `invalidFilter`.")]
    [Range(64, 1_000_000)]
    [Setting("limits.maxFilterLength", PerTenant = true)]
    public int MaxFilterLength { get; set; } = 16_384;

    [Description("Nesting of a filter; more is `invalidFilter`.")]
    [Range(1, 1000)]
    [Setting("limits.maxFilterDepth", PerTenant = true)]
    public int MaxFilterDepth { get; set; } = 32;

    [Description("Resources on a page when the client names no count.")]
    [Range(1, 10_000)]
    [Setting("limits.defaultPageSize", PerTenant = true)]
    public int DefaultPageSize { get; set; } = 100;

    [Description("Most resources on a page, whatever the client asks for.")]
    [Range(1, 10_000)]
    [Setting("limits.maxPageSize", PerTenant = true)]
    public int MaxPageSize { get; set; } = 1000;

    [Description("Seconds for which a cursor can be used.")]
    [Range(1, 604_800)]
    [Setting("limits.cursorTimeoutSeconds", PerTenant = true)]
    public int CursorTimeoutSeconds { get; set; } = 3600;
}
