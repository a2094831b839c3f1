using System.Data.Common;
using System.Text.Json;
using Dapper;
using Scim.Application.Common;
using Scim.Application.Operators;
using Scim.Domain.Errors;
using Scim.Infrastructure.Persistence.Tenants;

namespace Scim.Infrastructure.Persistence.Operators;

internal sealed class OperatorStore(IDatabase database, ControlJournal journal) : IOperatorStore
{
    private const string SelectByName = $"select {OperatorRow.Columns} from operators o where o.user_name_key = @key";

    private const string Insert = """
        insert into operators (id, user_name, user_name_key, password_hash, roles, reach, state, totp_secret, enrolled_at,
                               version, created_at)
        values (@Id, @UserName, @key, @PasswordHash, @roles, @reach, @state, @TotpSecret, @enrolledAt, @Version, @CreatedAt)
        on conflict (user_name_key) do nothing
        """;

    private const string Update = """
        update operators
           set user_name = @UserName, user_name_key = @key, password_hash = @PasswordHash, roles = @roles, reach = @reach,
               state = @state, version = @Version
         where id = @Id and version = @Version - 1
        """;

    private const string ResetTotp = """
        update operators
           set totp_secret = null, enrolled_at = null, enrollment_hash = null, enrollment_expires_at = null,
               version = version + 1
         where id = @Id and version = @Version
        """;

    private const string DeleteRecoveryCodes = "delete from operator_recovery_codes where operator_id = @Id";

    private const string InsertTenant = """
        insert into operator_tenants (tenant_id, operator_id) select id, @id from tenants where id = @tenant
        """;

    private const string InsertWorkspace = """
        insert into operator_workspaces (workspace_id, operator_id) select id, @id from workspaces where id = @workspace
        """;

    private const string SelectOtherAdmin = """
        select count(*) from operators
         where id <> @id and state = 'active' and reach = 'installation' and roles like '%platform-admin%'
        """;

    static OperatorStore() => DapperTypes.Register();

    public Task<OperatorAccount?> FindAsync(string userName, CancellationToken cancellationToken) =>
        journal.ReadAsync(
            (connection, transaction) =>
                OperatorReader.FindAsync(
                    connection,
                    SelectByName,
                    new { key = OperatorValues.KeyOf(userName) },
                    transaction
                ),
            cancellationToken
        );

    public Task<OperatorAccount?> FindAsync(Guid id, AdminCaller? caller, CancellationToken cancellationToken)
    {
        var sql =
            $"select {OperatorRow.Columns} from operators o where o.id = @id and {OperatorReader.VisibleTo(caller)}";
        return database.ReadAsync(
            connection => OperatorReader.FindAsync(connection, sql, new { id, caller = caller?.Id }),
            cancellationToken
        );
    }

    public Task AddAsync(OperatorAccount account, DateTimeOffset now, CancellationToken cancellationToken) =>
        journal.ActAsync(
            async (connection, transaction) =>
            {
                if (await connection.ExecuteAsync(Insert, Row(account), transaction) == 0)
                {
                    throw Taken();
                }

                await SetReachAsync(connection, transaction, account);
                await AppendAsync(transaction, now, "operator.create", account, new { after = Facts(account) });
                return true;
            },
            cancellationToken
        );

    public async Task<bool> UpdateAsync(
        OperatorAccount before,
        OperatorAccount after,
        bool endsSessions,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await journal.ActAsync(
                async (connection, transaction) =>
                {
                    if (await connection.ExecuteAsync(Update, Row(after), transaction) == 0)
                    {
                        return false;
                    }

                    await RequireAdminAsync(connection, transaction, before, IsAdmin(after));
                    await SetReachAsync(connection, transaction, after);
                    if (endsSessions)
                    {
                        await EndSessionsAsync(connection, transaction, after.Id);
                    }

                    var change = new
                    {
                        before = Facts(before),
                        after = Facts(after),
                        newPassword = before.PasswordHash != after.PasswordHash,
                    };
                    await AppendAsync(transaction, now, "operator.update", after, change);
                    return true;
                },
                cancellationToken
            );
        }
        catch (UniqueViolationException exception) when (exception.Constraint == "operators_user_name_key")
        {
            throw Taken();
        }
    }

    public Task<bool> DeleteAsync(OperatorAccount account, DateTimeOffset now, CancellationToken cancellationToken) =>
        journal.ActAsync(
            async (connection, transaction) =>
            {
                var id = new { account.Id };
                if (await connection.ExecuteAsync("delete from operators where id = @Id", id, transaction) == 0)
                {
                    return false;
                }

                await RequireAdminAsync(connection, transaction, account, remains: false);
                await EndSessionsAsync(connection, transaction, account.Id);
                await connection.ExecuteAsync(DeleteRecoveryCodes, id, transaction);
                await connection.ExecuteAsync("delete from operator_tenants where operator_id = @Id", id, transaction);
                await connection.ExecuteAsync(
                    "delete from operator_workspaces where operator_id = @Id",
                    id,
                    transaction
                );
                await AppendAsync(transaction, now, "operator.delete", account, new { before = Facts(account) });
                return true;
            },
            cancellationToken
        );

    public Task<bool> ResetTotpAsync(
        OperatorAccount account,
        DateTimeOffset now,
        CancellationToken cancellationToken
    ) =>
        journal.ActAsync(
            async (connection, transaction) =>
            {
                var row = new { account.Id, account.Version };
                if (await connection.ExecuteAsync(ResetTotp, row, transaction) == 0)
                {
                    return false;
                }

                await connection.ExecuteAsync(DeleteRecoveryCodes, row, transaction);
                await EndSessionsAsync(connection, transaction, account.Id);
                await AppendAsync(transaction, now, "operator.totp.reset", account, new { after = Facts(account) });
                return true;
            },
            cancellationToken
        );

    // Acts on the configuration take turns (ControlJournal), so two cannot remove the last two at once.
    private static async Task RequireAdminAsync(
        DbConnection connection,
        DbTransaction transaction,
        OperatorAccount before,
        bool remains
    )
    {
        if (
            IsAdmin(before)
            && !remains
            && await connection.ExecuteScalarAsync<long>(SelectOtherAdmin, new { id = before.Id }, transaction) == 0
        )
        {
            throw ScimError.Conflict(
                "This is the last operator who can administer the platform; make another one first."
            );
        }
    }

    private static bool IsAdmin(OperatorAccount account) =>
        account is { IsActive: true, TenantIds: null }
        && account.Roles.Contains(Domain.Operators.OperatorRole.PlatformAdmin.Name);

    private static async Task SetReachAsync(DbConnection connection, DbTransaction transaction, OperatorAccount account)
    {
        await connection.ExecuteAsync(
            "delete from operator_tenants where operator_id = @Id",
            new { account.Id },
            transaction
        );
        foreach (var tenant in account.TenantIds ?? [])
        {
            if (await connection.ExecuteAsync(InsertTenant, new { id = account.Id, tenant }, transaction) == 0)
            {
                throw Grants.UnknownTenants();
            }
        }

        await connection.ExecuteAsync(
            "delete from operator_workspaces where operator_id = @Id",
            new { account.Id },
            transaction
        );
        foreach (var workspace in account.WorkspaceIds)
        {
            if (await connection.ExecuteAsync(InsertWorkspace, new { id = account.Id, workspace }, transaction) == 0)
            {
                throw Grants.UnknownWorkspaces();
            }
        }
    }

    private static Task<int> EndSessionsAsync(DbConnection connection, DbTransaction transaction, Guid id) =>
        connection.ExecuteAsync("delete from operator_sessions where operator_id = @id", new { id }, transaction);

    private Task AppendAsync(
        DbTransaction transaction,
        DateTimeOffset now,
        string operation,
        OperatorAccount account,
        object change
    ) =>
        journal.AppendAsync(
            transaction,
            now,
            new JournalEntry(
                operation,
                "Operator",
                account.Id.ToString("D"),
                Change: JsonSerializer.Serialize(change, JsonSerializerOptions.Web)
            )
        );

    private static object Facts(OperatorAccount account) =>
        new
        {
            account.UserName,
            account.Roles,
            account.TenantIds,
            account.WorkspaceIds,
            State = State(account),
        };

    private static object Row(OperatorAccount account) =>
        new
        {
            account.Id,
            account.UserName,
            key = OperatorValues.KeyOf(account.UserName),
            account.PasswordHash,
            roles = string.Join(',', account.Roles),
            reach = account.TenantIds is null ? "installation" : OperatorRow.Tenants,
            state = State(account),
            account.TotpSecret,
            enrolledAt = account.IsEnrolled ? account.CreatedAt : (DateTimeOffset?)null,
            account.Version,
            account.CreatedAt,
        };

    private static string State(OperatorAccount account) =>
        account.IsActive ? OperatorValues.Active : OperatorValues.Disabled;

    private static ScimException Taken() => ScimError.Conflict("There is already an operator of this user name.");
}
