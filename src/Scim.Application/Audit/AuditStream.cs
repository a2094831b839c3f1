using System.Text;
using FluentValidation;
using MediatR;
using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Domain.Jobs;
using Scim.Domain.Tenants;

namespace Scim.Application.Audit;

/// <summary>Journal rows on their way to another system, which keeps them: one tenant's, or those of all.</summary>
/// <param name="Tenant">Null for all tenants and the installation.</param>
/// <param name="Url">As it is shown; the whole of it for a stream that has no <paramref name="Address"/> yet.</param>
/// <param name="Address">The whole of the URL; sealed.</param>
/// <param name="FirstSequence">Rows after it are sent: those that were there before are exported instead.</param>
/// <param name="Authorization">The header of that name; sealed. Null for none.</param>
/// <param name="Failure">Why the last attempt failed, of the tenant that failed last; null when none has since.</param>
public sealed record AuditStream(
    Guid Id,
    TenantId? Tenant,
    string Name,
    string Url,
    byte[]? Address,
    byte[]? Authorization,
    bool IsActive,
    long FirstSequence,
    long Version,
    DateTimeOffset CreatedAt,
    DateTimeOffset? LastSentAt = null,
    string? Failure = null
)
{
    private const string Hidden = "/***";

    /// <summary>Without path and query: that is where many receivers have their keys.</summary>
    public string ShownUrl => Show(Url);

    public string Purpose => PurposeOf(Id);

    public string AddressPurpose => AddressPurposeOf(Id);

    public static string PurposeOf(Guid id) => $"audit-stream:{id:D}";

    public static string AddressPurposeOf(Guid id) => $"audit-stream-address:{id:D}";

    public static string Show(string url)
    {
        var uri = new Uri(url);
        return uri.PathAndQuery == "/" ? url : uri.GetLeftPart(UriPartial.Authority) + Hidden;
    }

    public static bool IsHidden(string url) => new Uri(url).AbsolutePath == Hidden;

    // A record prints its properties; one of these is a secret.
    public override string ToString() => $"{nameof(AuditStream)} {Id:D}";
}

/// <param name="Url">As it is shown, it leaves what there is.</param>
/// <param name="TenantId">Null for all tenants; it never changes.</param>
/// <param name="Authorization">Null leaves what there is.</param>
public sealed record AuditStreamValues(string? Name, string? Url, Guid? TenantId, string? Authorization, string? State)
{
    public const string Active = "active";
    public const string Paused = "paused";

    public override string ToString() => nameof(AuditStreamValues);
}

internal sealed class AuditStreamValuesValidator : AbstractValidator<AuditStreamValues>
{
    private const int MaxName = 100;
    private const int MaxUrl = 2000;
    private const int MaxSecret = 4000;

    public AuditStreamValuesValidator()
    {
        RuleFor(x => x.Name).NotEmpty().MaximumLength(MaxName);
        RuleFor(x => x.Url)
            .NotEmpty()
            .MaximumLength(MaxUrl)
            .Must(IsHttp)
            .WithMessage("must be an absolute https URL without user name and fragment");
        RuleFor(x => x.Authorization)
            .MaximumLength(MaxSecret)
            .Must(value => value is null || (value.Length > 0 && value.All(letter => letter is >= ' ' and <= '~')))
            .WithMessage("must be the value of a header: printable ASCII, and not empty");
        RuleFor(x => x.State)
            .Must(state => state is null or AuditStreamValues.Active or AuditStreamValues.Paused)
            .WithMessage($"is {AuditStreamValues.Active} or {AuditStreamValues.Paused}");
    }

    // Whether plain http will do, and which addresses, is decided where the connection is made.
    private static bool IsHttp(string? text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url)
        && (url.Scheme == Uri.UriSchemeHttps || url.Scheme == Uri.UriSchemeHttp)
        && url.UserInfo.Length == 0
        && url.Fragment.Length == 0;
}

public sealed record ListAuditStreams(Guid After, int Limit) : IQuery<IReadOnlyList<AuditStream>>;

public sealed record GetAuditStream(Guid Id) : IQuery<AuditStream>;

public sealed record CreateAuditStream(AuditStreamValues Values) : ICommand<AuditStream>;

public sealed record UpdateAuditStream(Guid Id, AuditStreamValues Values, IfMatch? IfMatch) : ICommand<AuditStream>;

public sealed record DeleteAuditStream(Guid Id, IfMatch? IfMatch) : ICommand<Unit>;

internal sealed class ListAuditStreamsHandler(IAuditStreamStore streams, RequestContext request)
    : IRequestHandler<ListAuditStreams, IReadOnlyList<AuditStream>>
{
    public Task<IReadOnlyList<AuditStream>> Handle(ListAuditStreams query, CancellationToken cancellationToken) =>
        streams.ListAsync(request.Admin?.TenantIds, query.After, query.Limit, cancellationToken);
}

internal sealed class GetAuditStreamHandler(IAuditStreamStore streams, RequestContext request)
    : IRequestHandler<GetAuditStream, AuditStream>
{
    public Task<AuditStream> Handle(GetAuditStream query, CancellationToken cancellationToken) =>
        streams.GetAsync(query.Id, request.Admin, cancellationToken);
}

internal sealed class CreateAuditStreamHandler(
    IAuditStreamStore streams,
    ISecretBox secrets,
    RequestContext request,
    TimeProvider clock
) : IRequestHandler<CreateAuditStream, AuditStream>
{
    public async Task<AuditStream> Handle(CreateAuditStream command, CancellationToken cancellationToken)
    {
        var values = command.Values;
        var reach = request.Admin?.TenantIds;
        if (reach is not null && (values.TenantId is not { } wanted || !reach.Contains(wanted)))
        {
            throw ScimError.Invalid(
                new Dictionary<string, string[]>
                {
                    ["tenantId"] = ["must name a tenant that exists and that you reach"],
                }
            );
        }

        var now = clock.Now();
        var stream = new AuditStream(
            Guid.CreateVersion7(now),
            values.TenantId is { } tenant ? new TenantId(tenant) : null,
            values.Name!,
            values.Url!,
            null,
            null,
            values.State != AuditStreamValues.Paused,
            0,
            1,
            now
        );
        return await streams.AddAsync(await secrets.SealAsync(stream, values, cancellationToken), cancellationToken);
    }
}

internal sealed class UpdateAuditStreamHandler(
    IAuditStreamStore streams,
    ISecretBox secrets,
    RequestContext request,
    TimeProvider clock
) : IRequestHandler<UpdateAuditStream, AuditStream>
{
    public async Task<AuditStream> Handle(UpdateAuditStream command, CancellationToken cancellationToken)
    {
        var values = command.Values;
        var before = await streams.GetAsync(command.Id, request.Admin, cancellationToken);
        if (command.IfMatch?.Accepts(before.Version) == false)
        {
            throw ScimError.VersionMismatch(before.Version);
        }

        if (values.TenantId != before.Tenant?.Value)
        {
            throw ScimError.Invalid(
                new Dictionary<string, string[]> { ["tenantId"] = ["cannot be changed; make another stream"] }
            );
        }

        var after = await secrets.SealAsync(before, values, cancellationToken) with
        {
            Name = values.Name!,
            IsActive = values.State != AuditStreamValues.Paused,
            Version = before.Version + 1,
        };
        return await streams.UpdateAsync(before, after, clock.Now(), cancellationToken)
            ? after
            : throw ScimError.VersionMismatch(
                (await streams.GetAsync(command.Id, request.Admin, cancellationToken)).Version
            );
    }
}

internal sealed class DeleteAuditStreamHandler(IAuditStreamStore streams, RequestContext request, TimeProvider clock)
    : IRequestHandler<DeleteAuditStream, Unit>
{
    public async Task<Unit> Handle(DeleteAuditStream command, CancellationToken cancellationToken)
    {
        var stream = await streams.GetAsync(command.Id, request.Admin, cancellationToken);
        if (command.IfMatch?.Accepts(stream.Version) == false)
        {
            throw ScimError.VersionMismatch(stream.Version);
        }

        await streams.DeleteAsync(stream, clock.Now(), cancellationToken);
        return Unit.Value;
    }
}

internal static class AuditStreams
{
    /// <summary>Null also for a stream that the caller does not reach.</summary>
    public static async Task<AuditStream> GetAsync(
        this IAuditStreamStore streams,
        Guid id,
        AdminCaller? caller,
        CancellationToken cancellationToken
    ) =>
        await streams.FindAsync(id, cancellationToken) is { } stream
        && (caller?.TenantIds is not { } reach || (stream.Tenant is { } tenant && reach.Contains(tenant.Value)))
            ? stream
            : throw ScimError.NotFound("Audit stream", id.ToString("D"));

    public static async ValueTask<string> OpenUrlAsync(
        this ISecretBox secrets,
        AuditStream stream,
        CancellationToken cancellationToken
    ) =>
        stream.Address is { } address
            ? Encoding.UTF8.GetString(await secrets.OpenAsync(address, stream.AddressPurpose, cancellationToken))
            : stream.Url;

    /// <summary>The stream with the URL and the header of the values, or its own where they leave them.</summary>
    public static async Task<AuditStream> SealAsync(
        this ISecretBox secrets,
        AuditStream stream,
        AuditStreamValues values,
        CancellationToken cancellationToken
    )
    {
        var url = values.Url == stream.ShownUrl ? await secrets.OpenUrlAsync(stream, cancellationToken) : values.Url!;
        if (AuditStream.IsHidden(url))
        {
            throw Wrong("url", "must be the whole URL; *** stands for what is not shown");
        }

        // Or whoever may change the URL could have the header sent to a host of their own.
        if (
            values.Authorization is null
            && stream.Authorization is not null
            && new Uri(url).Authority != new Uri(stream.Url).Authority
        )
        {
            throw Wrong("authorization", "must be given again for another host");
        }

        return stream with
        {
            Url = AuditStream.Show(url),
            Address = await secrets.SealAsync(Encoding.UTF8.GetBytes(url), stream.AddressPurpose, cancellationToken),
            Authorization = values.Authorization is { } header
                ? await secrets.SealAsync(Encoding.ASCII.GetBytes(header), stream.Purpose, cancellationToken)
                : stream.Authorization,
        };
    }

    private static ScimException Wrong(string field, string rule) =>
        ScimError.Invalid(new Dictionary<string, string[]> { [field] = [rule] });
}

/// <summary>How far a stream is behind in one tenant's journal.</summary>
/// <param name="OldestUnsent">When the first row that was not sent was written; null when all were.</param>
public sealed record StreamLag(
    Guid StreamId,
    string Name,
    TenantId Tenant,
    DateTimeOffset? OldestUnsent,
    string? Failure
);

/// <summary>Each method that changes a stream is one transaction with its row in the journal of the tenant concerned.</summary>
public interface IAuditStreamStore
{
    /// <param name="reach">Those of these tenants; null for all.</param>
    Task<IReadOnlyList<AuditStream>> ListAsync(
        IReadOnlyList<Guid>? reach,
        Guid after,
        int limit,
        CancellationToken cancellationToken
    );

    Task<AuditStream?> FindAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Answers it with the row after which it begins: the last of the journal. 422 when the tenant does not exist.</summary>
    Task<AuditStream> AddAsync(AuditStream stream, CancellationToken cancellationToken);

    /// <summary>False when another was faster.</summary>
    Task<bool> UpdateAsync(
        AuditStream before,
        AuditStream after,
        DateTimeOffset now,
        CancellationToken cancellationToken
    );

    Task DeleteAsync(AuditStream stream, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Of every active stream and tenant that it covers.</summary>
    Task<IReadOnlyList<StreamLag>> ListLagsAsync(CancellationToken cancellationToken);

    /// <summary>The active streams that cover the tenant, with the last sequence of its journal that each has sent.</summary>
    Task<IReadOnlyList<(AuditStream Stream, long Sent)>> ListOfAsync(
        TenantId tenant,
        CancellationToken cancellationToken
    );

    /// <summary>Rows in the order of their sequence.</summary>
    Task<IReadOnlyList<AuditEntry>> ReadAsync(
        TenantId tenant,
        long after,
        long to,
        int limit,
        CancellationToken cancellationToken
    );

    /// <summary>Under the job's fence.</summary>
    Task AdvanceAsync(
        JobLease lease,
        AuditStream stream,
        long sent,
        int rows,
        string? failure,
        DateTimeOffset now,
        CancellationToken cancellationToken
    );
}

/// <summary>Where streams go.</summary>
public interface IAuditSink
{
    /// <summary>Why it was not taken; null when it was. Refuses addresses that are not to be reached.</summary>
    Task<string?> SendAsync(Uri url, string? authorization, byte[] lines, CancellationToken cancellationToken);
}
