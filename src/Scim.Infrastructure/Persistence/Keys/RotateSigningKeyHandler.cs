using System.Globalization;
using System.Text.Json;
using Dapper;
using MediatR;
using Scim.Application.Common;
using Scim.Application.Keys;
using Scim.Application.Operators;
using Scim.Infrastructure.Persistence.Tenants;
using Scim.Infrastructure.Security;

namespace Scim.Infrastructure.Persistence.Keys;

internal sealed class RotateSigningKeyHandler(
    SigningKeys keys,
    ControlJournal journal,
    ConfigurationEpoch epoch,
    RequestContext request,
    TimeProvider clock
) : IRequestHandler<RotateSigningKey, SigningKeyInfo>
{
    private const string Revoke = """
        update signing_keys set revoked_at = @now where number < @number and revoked_at is null
        """;

    public async Task<SigningKeyInfo> Handle(RotateSigningKey command, CancellationToken cancellationToken)
    {
        SteppedUp.Require(request, clock);
        SigningKeyInfo? made = null;
        // Until the number is ours: another replica may be making a key as well.
        while (made is null)
        {
            var (number, sealedKey) = await keys.PrepareAsync(cancellationToken);
            made = await AddAsync(number, sealedKey, command.Revoke == true, cancellationToken);
        }

        await epoch.HintAsync(cancellationToken);
        return made;
    }

    private Task<SigningKeyInfo?> AddAsync(
        long number,
        byte[] sealedKey,
        bool revokes,
        CancellationToken cancellationToken
    ) =>
        journal.ActAsync<SigningKeyInfo?>(
            async (connection, transaction) =>
            {
                var now = clock.Now();
                if (!await SigningKeyRows.AddAsync(connection, transaction, number, sealedKey, now))
                {
                    return null;
                }

                var revoked = revokes ? await connection.ExecuteAsync(Revoke, new { number, now }, transaction) : 0;
                await journal.AppendAsync(
                    transaction,
                    now,
                    new JournalEntry(
                        "signing_key.rotate",
                        "SigningKey",
                        number.ToString(CultureInfo.InvariantCulture),
                        Detail: JsonSerializer.Serialize(new { revoked })
                    )
                );
                return new SigningKeyInfo(number, now, null, null);
            },
            cancellationToken
        );
}
