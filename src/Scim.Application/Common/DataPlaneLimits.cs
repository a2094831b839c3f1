using Scim.Domain.Filters;

namespace Scim.Application.Common;

/// <summary>Limits that the data plane enforces and ServiceProviderConfig announces.</summary>
public sealed record DataPlaneLimits
{
    public int DefaultPageSize { get; init; } = 100;

    public int MaxPageSize { get; init; } = 1000;

    public int CursorTimeoutSeconds { get; init; } = 3600;

    public int MaxBulkOperations { get; init; } = 1000;

    public long MaxBodyBytes { get; init; } = 8 * 1024 * 1024;

    public FilterLimits Filter { get; init; } = new();
}
