using System.Security.Cryptography;
using System.Text.Json;
using Dapper;
using MediatR;
using Scim.Application.Audit;
using Scim.Application.Common;
using Scim.Application.Keys;
using Scim.Application.Operators;
using Scim.Domain.Errors;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Persistence.Journal;
using Scim.Infrastructure.Security;

namespace Scim.Infrastructure.Persistence.Keys;

/// <summary>
/// Batch by batch, each a transaction with its journal row; a row is written only where it still holds what was read, so
/// whoever changes it meanwhile wins.
/// </summary>
internal sealed class RotateSecretKeysHandler(
    IDatabase database,
    SecretBox box,
    RequestContext request,
    TimeProvider clock
) : IRequestHandler<RotateSecretKeys, IReadOnlyList<RotatedSecrets>>
{
    private const string SelectAuthenticators = """
        select id as Id, totp_secret as Secret from operators
         where id > @Id and totp_secret is not null order by id limit 100
        """;

    private const string UpdateAuthenticator = """
        update operators set totp_secret = @After where id = @Id and totp_secret = @Secret
        """;

    private const string SelectSigningKeys = """
        select number as Number, sealed_key as Secret from signing_keys where number > @Number order by number limit 100
        """;

    private const string UpdateSigningKey = """
        update signing_keys set sealed_key = @After where number = @Number and sealed_key = @Secret
        """;

    private const string SelectStreams = """
        select tenant_id as TenantId, id as Id, authorization_header as Secret from audit_streams
         where id > @Id and authorization_header is not null order by id limit 100
        """;

    private const string UpdateStream = """
        update audit_streams set authorization_header = @After
         where tenant_id = @TenantId and id = @Id and authorization_header = @Secret
        """;

    private const string SelectStreamAddresses = """
        select tenant_id as TenantId, id as Id, address as Secret from audit_streams
         where id > @Id and address is not null order by id limit 100
        """;

    private const string UpdateStreamAddress = """
        update audit_streams set address = @After where tenant_id = @TenantId and id = @Id and address = @Secret
        """;

    /// <summary>Every column that holds what <see cref="ISecretBox"/> sealed.</summary>
    private static readonly SealedColumn[] Columns =
    [
        new("authenticators", SelectAuthenticators, UpdateAuthenticator, row => TotpSecret.PurposeOf(row.Id)),
        new("signing keys", SelectSigningKeys, UpdateSigningKey, row => SigningKeyRows.PurposeOf(row.Number)),
        new("audit streams", SelectStreams, UpdateStream, row => AuditStream.PurposeOf(row.Id)),
        new(
            "addresses of audit streams",
            SelectStreamAddresses,
            UpdateStreamAddress,
            row => AuditStream.AddressPurposeOf(row.Id)
        ),
    ];

    static RotateSecretKeysHandler() => DapperTypes.Register();

    public async Task<IReadOnlyList<RotatedSecrets>> Handle(
        RotateSecretKeys command,
        CancellationToken cancellationToken
    )
    {
        if (!box.IsConfigured)
        {
            throw ScimError.Conflict(
                "Set Secrets:Key to the new key, and Secrets:PreviousKeys to the old one if there was one."
            );
        }

        var results = new List<RotatedSecrets>();
        foreach (var column in Columns)
        {
            var rewrapped = 0;
            Pass pass;
            do
            {
                // Until nothing is found: a host that was not given the new key yet may have sealed something meanwhile.
                pass = await PassAsync(column, cancellationToken);
                rewrapped += pass.Rewrapped;
            } while (pass.Found > 0);

            results.Add(new RotatedSecrets(column.Kind, rewrapped, pass.Unreadable));
        }

        return results;
    }

    private async Task<Pass> PassAsync(SealedColumn column, CancellationToken cancellationToken)
    {
        var pass = new Pass(0, 0, 0);
        for (var last = new SealedRow(); ; )
        {
            var rows = await database.ReadAsync(
                async connection => (await connection.QueryAsync<SealedRow>(column.Select, last)).AsList(),
                cancellationToken
            );
            if (rows.Count == 0)
            {
                return pass;
            }

            var changed = new List<SealedRow>();
            foreach (var row in rows)
            {
                try
                {
                    row.After = await box.RewrapAsync(row.Secret, column.Purpose(row), cancellationToken);
                }
                catch (Exception exception) when (exception is InvalidOperationException or CryptographicException)
                {
                    pass = pass with { Unreadable = pass.Unreadable + 1 };
                    continue;
                }

                if (row.After is not null)
                {
                    changed.Add(row);
                }
            }

            var written = changed.Count == 0 ? 0 : await WriteAsync(column, changed, cancellationToken);
            pass = pass with { Found = pass.Found + changed.Count, Rewrapped = pass.Rewrapped + written };
            last = rows[^1];
        }
    }

    private Task<int> WriteAsync(
        SealedColumn column,
        IReadOnlyList<SealedRow> rows,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async (connection, transaction) =>
            {
                var written = await connection.ExecuteAsync(column.Update, rows, transaction);
                if (written > 0)
                {
                    await transaction.AppendJournalAsync(
                        TenantId.Installation,
                        request.Actor,
                        request.RequestId,
                        clock.Now(),
                        new JournalEntry(
                            "keys.rotate",
                            "Secret",
                            ResourceId: null,
                            Detail: JsonSerializer.Serialize(new { kind = column.Kind, rewrapped = written })
                        ),
                        cancellationToken
                    );
                }

                return written;
            },
            cancellationToken
        );

    private sealed record SealedColumn(string Kind, string Select, string Update, Func<SealedRow, string> Purpose);

    /// <param name="Found">Those under another key; another writer may have been faster with some.</param>
    private sealed record Pass(int Found, int Rewrapped, int Unreadable);

    private sealed class SealedRow
    {
        public Guid TenantId { get; init; }

        public Guid Id { get; init; }

        public long Number { get; init; }

        public byte[] Secret { get; init; } = [];

        public byte[]? After { get; set; }
    }
}
